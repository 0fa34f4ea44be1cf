#pragma once

#include <cstdint>
#include <cstring>
#include <string_view>

#include "actors/policies/mixed.hpp"

namespace caisson::protocol {

/// A hash that is the same in every process and on every node, eight bytes at
/// a time. Not for what an enemy may choose: whoever needs that compares the
/// text itself.
inline std::uint64_t stable_hash(std::string_view text,
                                 std::uint64_t seed = 0) noexcept {
  constexpr std::uint64_t step = 0x9e3779b97f4a7c15;
  auto hash = mixed(seed + step * (text.size() + 1));
  while (!text.empty()) {
    std::uint64_t word = 0;
    const auto size = text.size() < sizeof(word) ? text.size() : sizeof(word);
    std::memcpy(&word, text.data(), size);
    hash = mixed((hash ^ word) + step);
    text.remove_prefix(size);
  }
  return hash;
}

} // namespace caisson::protocol
