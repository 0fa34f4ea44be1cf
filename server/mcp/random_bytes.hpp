#pragma once

#include <array>
#include <bit>
#include <cstdint>
#include <stdexcept>

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

/// The same for a number.
inline std::uint64_t random_number() {
  return std::bit_cast<std::uint64_t>(
    random_bytes<std::array<std::uint8_t, sizeof(std::uint64_t)>>());
}

} // namespace caisson
