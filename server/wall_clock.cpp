#include "server/wall_clock.hpp"

#include <chrono>

namespace caisson {

std::uint64_t wall_clock_ms() {
  using namespace std::chrono;
  return static_cast<std::uint64_t>(
    duration_cast<milliseconds>(system_clock::now().time_since_epoch())
      .count());
}

} // namespace caisson
