#include "actors/policies/backoff.hpp"

#include <algorithm>

namespace caisson {
namespace {

millis uniform(millis low, millis high, random_source& random) {
  if (high <= low)
    return low;
  std::uniform_int_distribution<std::int64_t> pick{low.count(), high.count()};
  return millis{pick(random)};
}

} // namespace

millis backoff_delay(const retry_settings& settings, std::uint32_t n,
                     millis previous, random_source& random) {
  // 2^20 times any base is beyond every cap; more would overflow.
  auto doublings = std::min<std::uint32_t>(n > 0 ? n - 1 : 0, 20);
  auto ceiling = std::min(settings.cap, settings.base * (1u << doublings));
  switch (settings.jitter) {
    case jitter_kind::none:
      break;
    case jitter_kind::full:
      return uniform(millis{0}, ceiling, random);
    case jitter_kind::decorrelated: {
      auto high = std::max(settings.base, previous * 3);
      return std::min(settings.cap, uniform(settings.base, high, random));
    }
  }
  return ceiling;
}

} // namespace caisson
