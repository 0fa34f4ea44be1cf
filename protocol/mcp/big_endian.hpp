#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>

namespace caisson::protocol::mcp {

inline constexpr std::size_t time_size = 8;

/// Appends a time as seconds since 1970, 8 bytes, the highest first.
inline void append_time(std::string& out, std::chrono::sys_seconds time) {
  const auto value
    = static_cast<std::uint64_t>(time.time_since_epoch().count());
  for (int shift = 56; shift >= 0; shift -= 8)
    out += static_cast<char>(value >> shift & 0xff);
}

/// Reads what `append_time` has written, of at least `time_size` bytes.
inline std::chrono::sys_seconds read_time(std::string_view from) noexcept {
  std::uint64_t value = 0;
  for (std::size_t i = 0; i < time_size; ++i)
    value = value << 8 | static_cast<unsigned char>(from[i]);
  return std::chrono::sys_seconds{
    std::chrono::seconds{static_cast<std::int64_t>(value)}};
}

} // namespace caisson::protocol::mcp
