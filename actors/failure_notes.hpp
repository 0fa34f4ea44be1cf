#pragma once

#include <cstdint>

#include "actors/call.hpp"
#include "actors/fault.hpp"
#include "actors/journal.hpp"

namespace caisson {

/// A line in the log for each request that failed on our side, at most 50 a
/// second: an outage must not drown the log, nor cost more than the answers.
/// What is left out is counted in a line of its own.
class failure_notes {
public:
  void note(journal& log, const call& what, const fault& why,
            std::uint32_t attempts, time_point now);

private:
  time_point since_{};
  std::uint32_t noted_ = 0;
};

} // namespace caisson
