#include "server/upstream/mcp_port.hpp"

#include "server/upstream/mcp_run.hpp"

namespace caisson::upstream {

mcp_port::mcp_port(std::shared_ptr<mcp_peer> at) : peer_{std::move(at)} {}

std::unique_ptr<exchange>
mcp_port::start(const attempt& which,
                std::unique_ptr<exchange_listener> listener) {
  return begin_mcp(peer_, which, std::move(listener));
}

} // namespace caisson::upstream
