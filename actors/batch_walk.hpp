#pragma once

#include <cstdint>

#include "actors/chain_walk.hpp"

// The steps of a request whose answer is made of several values that are kept
// each for itself (cache/answer_parts.hpp). After each it may be gone.

namespace caisson {

/// Asks the cache for each part.
void look_for_parts(front_end_self self, std::uint64_t id);

/// The cache's word on a part.
void on_part(front_end_self self, const cache_verdict& word);

/// What a fetch was to bring is here, or was put off: what is still missing is
/// fetched, or the client is told.
void next_part(front_end_self self, std::uint64_t id);

} // namespace caisson
