#pragma once

#include <cstdint>
#include <initializer_list>
#include <vector>

#include "actors/settings.hpp"

namespace caisson::simulation {

/// All chance of a run comes from dice, and all dice from the run's seed.
/// SplitMix64, with draws of our own: the same numbers with any library.
class dice {
public:
  explicit dice(std::uint64_t seed) noexcept : state_(seed) {
    // nop
  }

  /// Dice of their own for another purpose: what one purpose draws does not
  /// move what another sees.
  dice split() noexcept { return dice{roll() ^ 0x5851f42d4c957f2dULL}; }

  std::uint64_t roll() noexcept {
    auto x = state_ += 0x9e3779b97f4a7c15ULL;
    x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9ULL;
    x = (x ^ (x >> 27)) * 0x94d049bb133111ebULL;
    return x ^ (x >> 31);
  }

  /// In [0, beyond).
  std::size_t below(std::size_t beyond) noexcept {
    return static_cast<std::size_t>(roll() % beyond);
  }

  /// In [low, high].
  std::uint32_t between(std::uint32_t low, std::uint32_t high) noexcept {
    return low + static_cast<std::uint32_t>(roll() % (high - low + 1));
  }

  millis span(std::uint32_t low, std::uint32_t high) noexcept {
    return millis{between(low, high)};
  }

  /// True in so many of a thousand.
  bool in_thousand(std::uint32_t share) noexcept {
    return roll() % 1'000 < share;
  }

  template <class T>
  T one_of(std::initializer_list<T> list) noexcept {
    return list.begin()[below(list.size())];
  }

  template <class T>
  const T& one_of(const std::vector<T>& list) noexcept {
    return list[below(list.size())];
  }

private:
  std::uint64_t state_;
};

} // namespace caisson::simulation
