#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "tests/simulation/sight.hpp"

namespace caisson::simulation {

/// What came of one run.
struct report {
  std::uint64_t seed = 0;
  std::optional<sight::breach> broken;
  std::uint64_t digest = 0; ///< of the whole trace
  std::uint64_t steps = 0;
  std::size_t requests = 0;
  std::size_t attempts = 0;
  std::size_t kills = 0;
  std::vector<std::string> trace; ///< where it was to be kept
};

/// Runs a node minus sockets under CAF's test scheduler: its life, its clients,
/// its dependencies, the order in which its actors work and who of them is
/// killed all follow from the seed. Looks at all laws at every step and stops
/// where one is broken. The same seed gives the same trace, whatever ran before
/// in the process.
/// `strict`: with schedules and laws of which we know that they break
/// something.
report simulate(std::uint64_t seed, bool keep_trace, bool strict = false);

} // namespace caisson::simulation
