#include "actors/policies/token_rate.hpp"

#include <algorithm>
#include <chrono>
#include <numeric>

namespace caisson {

void tokens_floor::roll(time_point now) noexcept {
  auto second = std::chrono::floor<std::chrono::seconds>(age(now)).count();
  auto steps = std::min<std::int64_t>(second - second_, buckets);
  for (std::int64_t i = 0; i < steps; ++i)
    ring_[index(second - i)] = 0;
  second_ = std::max(second_, second);
}

void tokens_floor::pause(time_point from, time_point to) noexcept {
  auto begin = std::max(from, excluded_until_);
  if (to <= begin)
    return;
  paused_ += to - begin;
  excluded_until_ = to;
}

std::optional<double> tokens_floor::rate(time_point now) noexcept {
  roll(now);
  if (age(now) < std::chrono::seconds{buckets})
    return std::nullopt;
  std::chrono::duration<double> begun
    = std::max(age(now) - std::chrono::seconds{second_}, duration{0});
  auto tokens = std::accumulate(ring_.begin(), ring_.end(), std::uint64_t{0});
  return static_cast<double>(tokens)
         / (static_cast<double>(buckets - 1) + begun.count());
}

} // namespace caisson
