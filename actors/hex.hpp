#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

namespace caisson {

inline constexpr std::string_view hex_digits = "0123456789abcdef";

/// Appends a number as 16 lower-case hexadecimal digits, the highest first.
inline void append_hex(std::string& out, std::uint64_t bits) {
  std::array<char, 16> text{};
  for (auto at = text.rbegin(); at != text.rend(); ++at, bits >>= 4)
    *at = hex_digits[bits & 15];
  out.append(text.data(), text.size());
}

/// The same of bytes, two digits each.
inline void append_hex(std::string& out, std::string_view bytes) {
  auto at = out.size();
  out.resize(at + 2 * bytes.size());
  for (auto x : bytes) {
    auto byte = static_cast<unsigned char>(x);
    out[at++] = hex_digits[byte >> 4];
    out[at++] = hex_digits[byte & 15];
  }
}

/// Appends what `bytes` is made of: an array of bytes.
template <class Bytes>
void append_hex_of(std::string& out, const Bytes& bytes) {
  append_hex(out, {reinterpret_cast<const char*>(bytes.data()), bytes.size()});
}

} // namespace caisson
