#pragma once

#include <array>
#include <cstdint>

#include "actors/call.hpp"

namespace caisson {

/// Stops retry storms: in any 10 seconds, retries stay within a share of the
/// calls, but 3 a second are always allowed, up to 30 in those 10. Why a
/// budget and not only a limit per call: when everything fails, a limit of
/// three tries triples the load on what is already down.
class retry_budget {
public:
  /// `share` of calls, 0 to 1.
  explicit retry_budget(double share) noexcept : share_(share) {}

  /// A call has come (its first attempt).
  void deposit(time_point now) noexcept;

  /// May this retry happen? Yes takes it from the budget.
  bool withdraw(time_point now) noexcept;

  void set_share(double share) noexcept { share_ = share; }

private:
  /// Whole seconds; one more than the window, so that what the buckets hold
  /// covers at least any 10 seconds: errs on the strict side.
  static constexpr std::size_t buckets = 11;
  static constexpr std::uint64_t floor_per_second = 3;
  static constexpr std::uint64_t floor_per_window = 30;

  void roll(time_point now) noexcept;

  struct bucket {
    std::uint64_t calls = 0;
    std::uint64_t retries = 0;
  };

  double share_;
  std::array<bucket, buckets> ring_{};
  std::int64_t second_ = 0;
};

} // namespace caisson
