#pragma once

#include "server/config/gather.hpp"
#include "server/config/settings.hpp"

namespace caisson::config {

/// `[cache.semantic]`: a threshold that tells something, and, where it is
/// enabled, a dependency that makes vectors and a cache that keeps the answers.
void check_semantic(const settings& made, const origins& from, problems& wrong);

} // namespace caisson::config
