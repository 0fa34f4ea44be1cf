#pragma once

#include "server/config/gather.hpp"
#include "server/config/settings.hpp"

namespace caisson::config {

/// Rules of the agent: its model is one that the node offers.
void check_agent(const settings& made, const origins& from, problems& wrong);

} // namespace caisson::config
