#pragma once

#include <cstddef>
#include <string>
#include <type_traits>

namespace caisson::protocol {

/// Appends a number in as many bytes as it has, the highest first.
template <class Int>
void append_big_endian(std::string& out, Int number) {
  static_assert(std::is_unsigned_v<Int>);
  for (auto left = sizeof(Int); left-- > 0;)
    out += static_cast<char>(number >> (8 * left) & 0xff);
}

/// Reads what that has written, of at least as many bytes.
template <class Int>
Int read_big_endian(const char* from) noexcept {
  static_assert(std::is_unsigned_v<Int>);
  unsigned long long number = 0;
  for (std::size_t i = 0; i < sizeof(Int); ++i)
    number = number << 8 | static_cast<unsigned char>(from[i]);
  return static_cast<Int>(number);
}

} // namespace caisson::protocol
