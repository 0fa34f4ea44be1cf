#pragma once

#include <string>
#include <string_view>

#include "actors/supervision/census.hpp"
#include "actors/tree.hpp"
#include "server/gateway/feature_control.hpp"
#include "server/gateway/limit_control.hpp"
#include "server/gateway/revoked_keys.hpp"
#include "server/oauth/authorizers.hpp"
#include "server/providers/left_out.hpp"

namespace caisson {

/// What there is to show of a node.
struct shown_node {
  std::string_view name;
  time_point started;
  const census& people;
  const tree& actors;
  const limit_control& limits;
  const feature_control& features;
  const revoked_keys& revoked;
  left_out::numbers left;  ///< of described APIs
  oauth::standings tokens; ///< how far dependencies are with theirs
};

/// What `/telemetry` shows: the supervision tree as it lives now, each
/// dependency with its breaker, bulkhead and latencies, the limiter's mode, how
/// far features are rolled out, and which keys are revoked. JSON.
std::string telemetry_body(const shown_node& what, time_point now);

} // namespace caisson
