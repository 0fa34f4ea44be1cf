#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "actors/call.hpp"
#include "actors/cluster/messages.hpp"
#include "actors/cluster/roster.hpp"

namespace caisson {

/// `/telemetry` of a node in a cluster: its own, `body`, with `cluster` in it:
/// all members as this node sees them, and in each the tree that it has shown
/// (`telemetry`), or null: it is gone, or has not answered.
std::string cluster_body(const std::string& body, const roster_view& all,
                         const std::vector<member_report>& said,
                         time_point now);

/// `/metrics?scope=cluster`: the expositions of several nodes as one, a label
/// `node` in front of every sample's own.
std::string cluster_exposition(const std::vector<member_report>& all);

} // namespace caisson
