#pragma once

#include <cstdint>

namespace caisson {

/// Milliseconds since 1970 by the clock on the wall, which people may set: for
/// what nodes tell each other or people read, not for how long something takes.
std::uint64_t wall_clock_ms();

} // namespace caisson
