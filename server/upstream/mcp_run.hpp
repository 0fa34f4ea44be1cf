#pragma once

#include <memory>

#include "server/upstream/mcp_peer.hpp"

namespace caisson::upstream {

/// Starts an attempt at an upstream server of MCP: the payload is a
/// `protocol::mcp::upstream_call` or an `upstream_message`. As `begin`.
std::unique_ptr<exchange>
begin_mcp(std::shared_ptr<mcp_peer> at, const attempt& which,
          std::unique_ptr<exchange_listener> listener);

} // namespace caisson::upstream
