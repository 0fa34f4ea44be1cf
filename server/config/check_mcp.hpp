#pragma once

#include "server/config/gather.hpp"
#include "server/config/settings.hpp"

namespace caisson::config {

/// What an upstream MCP server has that no other dependency has, and what it
/// has not.
void check_mcp(const settings& made, const origins& from, problems& wrong);

} // namespace caisson::config
