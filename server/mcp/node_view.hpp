#pragma once

#include <string>
#include <string_view>

#include "actors/tree.hpp"
#include "server/config/settings.hpp"

namespace caisson {

inline constexpr std::string_view status_uri = "caisson://node/status";
inline constexpr std::string_view config_uri = "caisson://node/config";

/// What the node says of itself to any client: that it serves or drains, since
/// when, and which dependencies answer. JSON. Less than `/telemetry`, which is
/// for those who run it.
std::string status_view(std::string_view node, double uptime_seconds,
                        bool draining, const tree& actors);

/// What the node was told, for any client to see: numbers, times, sizes and
/// choices. Of what is written freely only names of models and of dependencies
/// are shown; addresses, files, users, digests and secrets say no more than
/// that they are set. JSON, by section as in the file.
std::string config_view(const settings& from);

} // namespace caisson
