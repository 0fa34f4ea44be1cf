#pragma once

#include <cstdint>

#include "actors/chain_walk.hpp"

// A second target beside a silent first (adr/0010).

namespace caisson {

/// Plans a second try of a request that its first target has by now, if there
/// is another target and the call may be made twice.
void plan_hedge(front_end_self self, request& r, time_point now);

/// Starts it, if it is still wanted and the budget allows it.
void hedge(front_end_self self, std::uint64_t id);

} // namespace caisson
