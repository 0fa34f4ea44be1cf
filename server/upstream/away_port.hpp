#pragma once

#include <memory>

#include "actors/ports.hpp"
#include "server/io/io_thread.hpp"
#include "server/upstream/mcp_peer.hpp"

namespace caisson::upstream {

/// An upstream server of MCP that lives on another I/O thread, as a process of
/// the node's own does, of which there is one for all threads. Attempts are
/// made there, and told here.
class away_port final : public dependency_port {
public:
  away_port(io_thread& here, io_thread& there, std::shared_ptr<mcp_peer> at);

  std::unique_ptr<exchange>
  start(const attempt& which,
        std::unique_ptr<exchange_listener> listener) override;

private:
  io_thread& here_;
  io_thread& there_;
  std::shared_ptr<mcp_peer> peer_;
};

} // namespace caisson::upstream
