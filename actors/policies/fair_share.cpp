#include "actors/policies/fair_share.hpp"

namespace caisson {
namespace {

/// Longer than a refused caller is told to wait: who obeys finds its place.
constexpr std::chrono::seconds memory{2};

} // namespace

// The counts decide who waits where, and publish nothing else: relaxed order
// is enough everywhere.

std::size_t fair_share::index(std::uint64_t caller) noexcept {
  // Fibonacci hashing: neighbours and multiples of 256 part too.
  return (caller * 0x9e37'79b9'7f4a'7c15u) >> 56;
}

std::uint32_t fair_share::active(time_point now) const noexcept {
  std::uint32_t result = 0;
  for (auto& one : buckets_) {
    auto wants = one.waiting.load(std::memory_order_relaxed) > 0
                 || now - one.wanted.load(std::memory_order_relaxed) <= memory;
    result += wants ? 1 : 0;
  }
  return result;
}

bool fair_share::may_wait(std::uint64_t caller, std::uint32_t queue,
                          time_point now) noexcept {
  auto& mine = buckets_[index(caller)];
  mine.wanted.store(now, std::memory_order_relaxed);
  std::uint64_t held = mine.waiting.load(std::memory_order_relaxed);
  // held < queue / callers, in whole numbers: with more callers than places
  // each still gets one, while there are any.
  return held * active(now) < queue;
}

void fair_share::enter(std::uint64_t caller) noexcept {
  buckets_[index(caller)].waiting.fetch_add(1, std::memory_order_relaxed);
}

void fair_share::leave(std::uint64_t caller) noexcept {
  buckets_[index(caller)].waiting.fetch_sub(1, std::memory_order_relaxed);
}

std::uint32_t fair_share::waiting(std::uint64_t caller) const noexcept {
  return buckets_[index(caller)].waiting.load(std::memory_order_relaxed);
}

} // namespace caisson
