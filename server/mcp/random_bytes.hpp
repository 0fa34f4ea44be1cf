#pragma once

#include <array>
#include <bit>
#include <cstdint>
#include <stdexcept>
#include <string>

#include <openssl/rand.h>

#include "actors/hex.hpp"

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
  std::string name;
  append_hex_of(name, random_bytes<std::array<std::uint8_t, 16>>());
  return name;
}

/// A number that nobody can guess.
inline std::uint64_t random_number() {
  return std::bit_cast<std::uint64_t>(
    random_bytes<std::array<std::uint8_t, sizeof(std::uint64_t)>>());
}

} // namespace caisson
