#pragma once

#include <string>
#include <vector>

#include "server/config/gather.hpp"

namespace caisson::config {

/// `--set key=value`, split at the first "=".
struct set_override {
  std::string key;
  std::string value;
};

/// Takes every `CAISSON_SECTION__KEY` of the environment. Case does not
/// matter, and a character of a name that no variable can have is "_":
/// CAISSON_DEPENDENCY__MY_LLM__URL reaches [dependency.my-llm]. What names no
/// option goes to `strangers`, but for what Kubernetes sets for services of our
/// name and CAISSON_TEST_*, which belongs to our tests.
void take_environment(gathered& all);

/// Takes `--set` options in order; of two for one key the later holds.
void take_overrides(gathered& all, const std::vector<set_override>& overrides);

} // namespace caisson::config
