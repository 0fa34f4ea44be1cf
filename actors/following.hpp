#pragma once

#include <cstdint>

#include "actors/chain_walk.hpp"

// A request whose client hears the stream of an equal request while that one
// fetches it, here or on another node. What it hears goes through a lane like
// a target's own words, so that the chain can go on from there.

namespace caisson {

/// More of it.
void hear_stream(front_end_self self, std::uint64_t id, const tape_piece& said);

/// How it has ended: well, with a failure, or because whoever fetched it is
/// lost. Then the stream goes on along the chain. Else the request is gone.
void end_of_stream(front_end_self self, const cache_verdict& word);

} // namespace caisson
