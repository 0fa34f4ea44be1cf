#pragma once

#include <cstdint>
#include <random>

#include "actors/settings.hpp"

namespace caisson {

/// The source of randomness of retries: seeded by whoever owns it.
using random_source = std::mt19937_64;

/// How long to wait before retry number `n` (1 is the first retry):
/// `min(cap, base * 2^(n-1))`, jittered. Full jitter is uniform in [0, that];
/// decorrelated is uniform in [base, 3 * previous], capped; none is that.
millis backoff_delay(const retry_settings& settings, std::uint32_t n,
                     millis previous, random_source& random);

} // namespace caisson
