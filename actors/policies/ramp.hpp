#pragma once

#include <algorithm>
#include <cstdint>

#include "actors/call.hpp"
#include "actors/settings.hpp"

namespace caisson {

/// How a bulkhead opens after its breaker has closed: from a quarter of its
/// places to all of them, linearly. What has just come back is not met with all
/// the load at once that may have brought it down.
///
///   places
///   full ┤           ╭─────
///        │       ╭───╯
///    1/4 ┤───────╯
///        └───────┬───┬───── time
///             closed  + ramp_up
class ramp {
public:
  /// Nothing to ramp: all places, always.
  ramp() = default;

  ramp(millis ramp_up, time_point closed) noexcept
    : length_(ramp_up), from_(closed) {
    // nop
  }

  /// How many of `full` places (1 or more) there are now. Grows with time, is
  /// within 1 and `full`; before the close it is what it is at the close.
  std::uint32_t limit(time_point now, std::uint32_t full) const noexcept {
    if (done(now))
      return full;
    auto low = full / 4 + (full % 4 != 0);
    // Below 2^32 places times some minutes in ms: no overflow.
    auto passed = std::chrono::floor<millis>(std::max(now, from_) - from_);
    auto more = std::int64_t{full - low} * passed.count() / length_.count();
    return low + static_cast<std::uint32_t>(more);
  }

  /// All places are open.
  bool done(time_point now) const noexcept {
    return length_ <= millis{0} || now >= from_ + length_;
  }

private:
  millis length_{0};
  time_point from_{};
};

} // namespace caisson
