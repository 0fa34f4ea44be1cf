#pragma once

#include <string>

#include "actors/telemetry/metrics.hpp"

namespace caisson {

/// All metrics of the node as Prometheus text (version 0.0.4).
std::string exposition(const metrics::registry& metrics);

} // namespace caisson
