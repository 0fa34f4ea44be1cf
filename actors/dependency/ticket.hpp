#pragma once

#include <cstdint>

#include "actors/messages.hpp"

namespace caisson {

/// A place in a compartment: in flight or in its queue. Dropping it gives the
/// place back, whatever path lost it, and tells the supervisor when that place
/// was a probe's or somebody waits for it.
class ticket {
public:
  ticket() = default;
  ticket(ticket&& other) noexcept;
  ticket& operator=(ticket&& other) noexcept;
  ~ticket();

  /// True: a call may be made with it.
  bool in_flight() const noexcept { return stage_ == stage::in_flight; }
  breaker_permit permit() const noexcept { return permit_; }

  /// From the queue to in flight; false when no place is free. For the
  /// supervisor.
  bool grant(breaker_permit permit) noexcept;

  /// The outcome of the permit was reported: nothing is left to say.
  void settle() noexcept { permit_.probe = false; }

  /// Gives the place back now.
  void release() noexcept;

private:
  friend class compartment;
  enum class stage : std::uint8_t { none, waiting, in_flight };

  ticket(compartment_ptr home, stage at, breaker_permit permit,
         std::uint64_t caller) noexcept;

  compartment_ptr home_;
  stage stage_ = stage::none;
  breaker_permit permit_{};
  std::uint64_t caller_ = 0;
};

} // namespace caisson
