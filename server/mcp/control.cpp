#include "server/mcp/control.hpp"

#include "protocol/mcp/session_secrets.hpp"
#include "server/mcp/random_bytes.hpp"

namespace caisson {

mcp_control::mcp_control(const settings& with)
  : drawn_(random_bytes<protocol::mcp::sealing_secret>()) {
  apply(with);
}

void mcp_control::apply(const settings& with) {
  // The configuration has been checked: what is not empty can be read.
  auto secrets = protocol::mcp::read_session_secrets(with.mcp.session_secrets);
  rules_ = std::make_shared<const mcp_rules>(
    mcp_rules{{with.http.allowed_hosts, with.http.allowed_origins},
              protocol::mcp::sealer{secrets ? *secrets : std::vector{drawn_}},
              std::chrono::floor<std::chrono::seconds>(with.mcp.session_ttl),
              with.mcp.max_streams,
              with.mcp.keep_alive,
              with.mcp.anonymous_search,
              with.agent,
              ++version_});
}

} // namespace caisson
