#include "actors/policies/rollout.hpp"

#include "actors/policies/mixed.hpp"

namespace caisson {

bool reaches(const rollout& how, feature what, std::uint64_t caller) noexcept {
  auto seed = mixed(static_cast<std::uint64_t>(what) + 1);
  return how.enabled && mixed(caller ^ seed) % 100 < how.percent;
}

} // namespace caisson
