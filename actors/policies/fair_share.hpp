#pragma once

#include <array>
#include <atomic>
#include <cstdint>

#include "actors/call.hpp"

namespace caisson {

/// Each caller's bound in a queue that several share, decided in the caller's
/// own thread without a lock. Who is alone may fill the queue; once others have
/// wanted a place within the last two seconds (they waited, or were refused),
/// nobody gets further than `queue / callers`. Nobody is thrown out: a caller
/// that holds more drains to its share.
///
/// Callers are told apart by a hash into 256 buckets; two that meet in one
/// share its share. Counts move one by one: of n threads that ask at the same
/// time, up to n - 1 may pass the bound, which is the gate's to keep in all.
class fair_share {
public:
  /// Whether that caller may take one more place of the `queue` places. Asking
  /// is wanting: it counts against the others whatever the answer.
  bool may_wait(std::uint64_t caller, std::uint32_t queue,
                time_point now) noexcept;

  /// A place in the queue was taken.
  void enter(std::uint64_t caller) noexcept;

  /// That place was given back or granted. Each `enter` has one.
  void leave(std::uint64_t caller) noexcept;

  /// How many places that caller (its bucket) holds.
  std::uint32_t waiting(std::uint64_t caller) const noexcept;

private:
  struct bucket {
    std::atomic<std::uint32_t> waiting{0};
    std::atomic<time_point> wanted{time_point{} - std::chrono::hours{24}};
  };

  static std::size_t index(std::uint64_t caller) noexcept;
  std::uint32_t active(time_point now) const noexcept;

  std::array<bucket, 256> buckets_;
};

} // namespace caisson
