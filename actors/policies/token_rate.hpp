#pragma once

#include <array>
#include <cstdint>
#include <optional>

#include "actors/call.hpp"

namespace caisson {

/// How fast a stream brings tokens: over its last 10 seconds, in buckets of one
/// second. Time in which we did not read, because our own client was slow, is
/// cut out: it is as if the stream's clock had stood still.
///
/// Times do not go back. A pause is told as it goes on, or at its end before
/// anything that comes after it. One thread.
class tokens_floor {
public:
  explicit tokens_floor(time_point start) noexcept
    : start_(start), excluded_until_(start) {
    // nop
  }

  void add(std::uint64_t tokens, time_point now) noexcept {
    roll(now);
    ring_[index(second_)] += tokens;
  }

  /// From then until then nothing was read. A pause that goes on may be told in
  /// pieces; what was told before is not counted twice.
  void pause(time_point from, time_point to) noexcept;

  /// Tokens a second, over the last 10 s of the stream's own time (the current
  /// second counts for as much of it as has passed); nothing in its first 10.
  std::optional<double> rate(time_point now) noexcept;

private:
  static constexpr std::int64_t buckets = 10;

  static std::size_t index(std::int64_t second) noexcept {
    return static_cast<std::size_t>(second) % buckets;
  }

  /// The stream's own time: what has passed without the pauses.
  duration age(time_point now) const noexcept { return now - start_ - paused_; }
  void roll(time_point now) noexcept;

  time_point start_;
  time_point excluded_until_;
  duration paused_{};
  std::int64_t second_ = 0;
  std::array<std::uint64_t, buckets> ring_{};
};

} // namespace caisson
