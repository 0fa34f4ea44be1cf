#pragma once

#include <string>

#include "protocol/mcp/revision.hpp"

namespace caisson::protocol::mcp {

/// The revisions of one era as a JSON array, oldest first: what a client of
/// that era can choose from.
std::string list_revisions(era which);

} // namespace caisson::protocol::mcp
