#pragma once

#include <array>
#include <cstdint>
#include <stdexcept>
#include <string>
#include <string_view>

#include <openssl/rand.h>

namespace caisson {

/// An array of bytes that nobody can guess.
template <class Bytes>
Bytes random_bytes() {
  Bytes drawn{};
  if (RAND_bytes(drawn.data(), static_cast<int>(drawn.size())) != 1)
    throw std::runtime_error{"the system has no randomness"};
  return drawn;
}

/// A name that nobody can guess, 32 hex digits: who knows it may have what it
/// names, where nobody can be told from others.
inline std::string random_name() {
  constexpr std::string_view digits = "0123456789abcdef";
  std::string name;
  for (auto byte : random_bytes<std::array<std::uint8_t, 16>>()) {
    name += digits[byte >> 4];
    name += digits[byte & 15];
  }
  return name;
}

} // namespace caisson
