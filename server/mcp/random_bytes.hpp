#pragma once

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

} // namespace caisson
