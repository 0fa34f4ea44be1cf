#include "actors/features.hpp"

namespace caisson {

std::string_view name_of(feature which) noexcept {
  switch (which) {
    case feature::resilience:
      return "resilience";
    case feature::rate_limiting:
      return "rate_limiting";
    case feature::caching:
      return "caching";
    case feature::semantic_cache:
      return "semantic_cache";
    case feature::stream_failover:
      return "stream_failover";
    case feature::hedging:
      return "hedging";
  }
  return {};
}

std::optional<feature> feature_of(std::string_view name) noexcept {
  for (auto one : every_feature)
    if (name == name_of(one))
      return one;
  return std::nullopt;
}

} // namespace caisson
