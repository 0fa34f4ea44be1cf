#pragma once

#include <algorithm>
#include <array>
#include <cstdint>

#include "actors/call.hpp"

namespace caisson {

/// The outcomes of the last `span`, in ten buckets: constant time and memory
/// whatever the load. A bucket leaves as a whole, so what is counted is never
/// older than `span`, and nothing younger than nine tenths of it is missing.
class timed_window {
public:
  explicit timed_window(duration span) noexcept
    : width_(std::max(span / buckets, duration{1})) {
    // nop
  }

  void add(bool failed, bool slow, time_point now) noexcept {
    roll(now);
    auto& bucket = ring_[index(last_)];
    bucket.calls += 1;
    bucket.failures += failed ? 1 : 0;
    bucket.slow += slow ? 1 : 0;
    total_.calls += 1;
    total_.failures += failed ? 1 : 0;
    total_.slow += slow ? 1 : 0;
  }

  void clear() noexcept {
    ring_.fill({});
    total_ = {};
  }

  /// As of the last `add`; likewise the shares, 0 to 1.
  std::uint64_t calls() const noexcept { return total_.calls; }
  double failure_rate() const noexcept { return share(total_.failures); }
  double slow_rate() const noexcept { return share(total_.slow); }

private:
  static constexpr std::int64_t buckets = 10;

  struct counts {
    std::uint64_t calls = 0;
    std::uint64_t failures = 0;
    std::uint64_t slow = 0;
  };

  static std::size_t index(std::int64_t bucket) noexcept {
    return static_cast<std::size_t>(bucket) % buckets;
  }

  double share(std::uint64_t count) const noexcept {
    auto all = static_cast<double>(total_.calls);
    return all > 0 ? static_cast<double>(count) / all : 0;
  }

  /// Empties what has left the span. Time that goes back counts as now.
  void roll(time_point now) noexcept {
    auto bucket = now.time_since_epoch() / width_;
    auto steps = std::min(bucket - last_, buckets);
    for (std::int64_t i = 0; i < steps; ++i) {
      auto& old = ring_[index(bucket - i)];
      total_.calls -= old.calls;
      total_.failures -= old.failures;
      total_.slow -= old.slow;
      old = {};
    }
    last_ = std::max(last_, bucket);
  }

  duration width_;
  std::int64_t last_ = 0;
  std::array<counts, buckets> ring_{};
  counts total_;
};

} // namespace caisson
