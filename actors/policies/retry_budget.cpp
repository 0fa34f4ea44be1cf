#include "actors/policies/retry_budget.hpp"

#include <algorithm>
#include <chrono>

namespace caisson {

void retry_budget::roll(time_point now) noexcept {
  auto since = now.time_since_epoch();
  auto second = std::chrono::duration_cast<std::chrono::seconds>(since).count();
  if (second <= second_)
    return;
  auto steps = std::min<std::int64_t>(second - second_, buckets);
  for (std::int64_t i = 0; i < steps; ++i)
    ring_[static_cast<std::size_t>(second - i) % buckets] = {};
  second_ = second;
}

void retry_budget::deposit(time_point now) noexcept {
  roll(now);
  ++ring_[static_cast<std::size_t>(second_) % buckets].calls;
}

bool retry_budget::withdraw(time_point now) noexcept {
  roll(now);
  bucket total;
  for (auto& x : ring_) {
    total.calls += x.calls;
    total.retries += x.retries;
  }
  // The oldest bucket may lie outside the last 10 s: its calls earn nothing.
  auto oldest = static_cast<std::size_t>(second_ + 1) % buckets;
  auto earned = static_cast<std::uint64_t>(
    share_ * static_cast<double>(total.calls - ring_[oldest].calls));
  auto& second = ring_[static_cast<std::size_t>(second_) % buckets];
  auto floor
    = second.retries < floor_per_second && total.retries < floor_per_window;
  if (total.retries >= earned && !floor)
    return false;
  ++second.retries;
  return true;
}

} // namespace caisson
