#pragma once

#include <cstdint>

#include "actors/call.hpp"

namespace caisson {

/// How many calls a dependency bears at a time, found from how long they take:
/// a gradient limiter (after Netflix's Gradient2, with the baseline measured
/// anew as TCP BBR does). Arithmetic on doubles; the owner of a bulkhead feeds
/// it and resizes its gate.
///
/// A window ends when it has lasted 100 ms and has 10 outcomes. With the limit
/// L, the baseline b (how long a call takes where nothing queues), and of the
/// window the mean duration o, the share of drops d, the peak in flight p:
///
///   g  = clamp(min(1, 1.5 b / o) (1 - d), 1/2, 1)     the gradient
///   h  = max(sqrt L, L / 8) (2g - 1)^2                headroom: room to learn
///   L' = clamp(g L + h, 1, max), not above L unless 2p >= L
///   b' = b + (o - b) / 16 where g = 1, else b         b is o at first
///
/// So calls that take twice as long shrink L by a fifth to a quarter in each
/// window, and with room it grows by an eighth at least.
///
/// The baseline is measured anew, for two windows at half the limit (one to
/// drain, one to look), after 20 windows in a row with g < 1: what is still
/// slow then is slow by itself, and b = o. Otherwise after every 200, the first
/// time after 20: what is faster then was queueing, and b = min(b, o).
class adaptive_limit {
public:
  /// Begins at `max`, 1 or more.
  explicit adaptive_limit(std::uint32_t max) noexcept;

  /// A call has ended that took this long; with it, that many were in flight.
  void sample(duration took, std::uint32_t in_flight, time_point now) noexcept;

  /// A call timed out or was refused for overload: how long it took says
  /// nothing.
  void dropped(time_point now) noexcept;

  /// Within 1 and `max`.
  std::uint32_t limit() const noexcept;

  /// Another `max`; the limit grows into it.
  void resize(std::uint32_t max) noexcept;

private:
  struct window {
    time_point begin{};
    std::uint32_t samples = 0;
    std::uint32_t drops = 0;
    std::uint32_t peak = 0;
    double total = 0; ///< of the samples' durations, ns
  };

  void count(time_point now) noexcept;
  void end_window() noexcept;
  void measure() noexcept;
  double gradient() const noexcept;
  void follow(double gradient) noexcept;

  double max_;
  double limit_;
  double baseline_ = 0; ///< ns; 0: not known yet
  window now_;
  std::uint32_t since_measured_;
  std::uint32_t held_back_ = 0; ///< windows in a row with a gradient below 1
  std::uint32_t measuring_ = 0; ///< windows left at half the limit
};

} // namespace caisson
