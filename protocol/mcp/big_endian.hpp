#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>

#include "protocol/big_endian.hpp"

namespace caisson::protocol::mcp {

inline constexpr std::size_t time_size = 8;

/// Appends a time as seconds since 1970, 8 bytes, the highest first.
inline void append_time(std::string& out, std::chrono::sys_seconds time) {
  append_big_endian(
    out, static_cast<std::uint64_t>(time.time_since_epoch().count()));
}

/// Reads what `append_time` has written, of at least `time_size` bytes.
inline std::chrono::sys_seconds read_time(std::string_view from) noexcept {
  const auto value = read_big_endian<std::uint64_t>(from.data());
  return std::chrono::sys_seconds{
    std::chrono::seconds{static_cast<std::int64_t>(value)}};
}

} // namespace caisson::protocol::mcp
