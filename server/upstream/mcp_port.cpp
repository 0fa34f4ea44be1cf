#include "server/upstream/mcp_port.hpp"

#include <utility>

#include "server/upstream/mcp_run.hpp"

namespace caisson::upstream {
namespace {

std::shared_ptr<mcp_peer> make_peer(std::shared_ptr<site> where,
                                    std::string api_key) {
  // A request's target must be a path, and here there is nothing behind it.
  auto target = std::exchange(where->where.base_path, {});
  if (target.empty())
    target = "/";
  return std::make_shared<mcp_peer>(std::move(where), std::move(target),
                                    std::move(api_key));
}

} // namespace

mcp_port::mcp_port(std::shared_ptr<site> where, std::string api_key)
  : peer_{make_peer(std::move(where), std::move(api_key))} {
  // nop
}

std::unique_ptr<exchange>
mcp_port::start(const attempt& which,
                std::unique_ptr<exchange_listener> listener) {
  return begin_mcp(peer_, which, std::move(listener));
}

} // namespace caisson::upstream
