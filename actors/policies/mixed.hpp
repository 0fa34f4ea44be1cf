#pragma once

#include <cstdint>

namespace caisson {

/// Spreads the bits of a number over all of it (the end of splitmix64): each
/// bit of the input changes half of the output's. The same in every build and
/// on every machine.
constexpr std::uint64_t mixed(std::uint64_t x) noexcept {
  x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9;
  x = (x ^ (x >> 27)) * 0x94d049bb133111eb;
  return x ^ (x >> 31);
}

} // namespace caisson
