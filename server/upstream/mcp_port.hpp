#pragma once

#include <memory>
#include <string>

#include "actors/ports.hpp"
#include "server/upstream/mcp_peer.hpp"

namespace caisson::upstream {

/// An upstream server of MCP. One object for each dependency and I/O
/// thread, used on that thread only.
class mcp_port final : public dependency_port {
public:
  /// At a server that others may talk to as well, on the same thread.
  explicit mcp_port(std::shared_ptr<mcp_peer> at);

  std::unique_ptr<exchange>
  start(const attempt& which,
        std::unique_ptr<exchange_listener> listener) override;

private:
  std::shared_ptr<mcp_peer> peer_;
};

} // namespace caisson::upstream
