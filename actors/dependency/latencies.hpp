#pragma once

#include <algorithm>
#include <array>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <vector>

namespace caisson {

/// The durations of the last 512 attempts, written by any thread, for the
/// quantiles that people see. A reader may meet a few that are being replaced:
/// good enough to look at, not to decide by.
class latencies {
public:
  void add(std::chrono::nanoseconds took) noexcept {
    auto micros = std::chrono::duration_cast<std::chrono::microseconds>(took);
    auto at = next_.fetch_add(1, std::memory_order_relaxed) % ring_.size();
    ring_[at].store(static_cast<std::uint32_t>(
                      std::clamp<std::int64_t>(micros.count(), 1, UINT32_MAX)),
                    std::memory_order_relaxed);
  }

  /// How many are known, at most 512.
  std::size_t count() const noexcept {
    return std::min<std::size_t>(next_.load(std::memory_order_relaxed),
                                 ring_.size());
  }

  /// Quantiles in milliseconds, in the order asked; empty without samples.
  std::vector<double> quantiles(const std::vector<double>& asked) const {
    std::vector<std::uint32_t> seen;
    for (auto& x : ring_)
      if (auto value = x.load(std::memory_order_relaxed))
        seen.push_back(value);
    if (seen.empty())
      return {};
    std::sort(seen.begin(), seen.end());
    std::vector<double> result;
    for (auto q : asked) {
      auto last = static_cast<double>(seen.size() - 1);
      result.push_back(seen[static_cast<std::size_t>(q * last)] / 1000.0);
    }
    return result;
  }

private:
  std::array<std::atomic<std::uint32_t>, 512> ring_{};
  std::atomic<std::uint32_t> next_{0};
};

} // namespace caisson
