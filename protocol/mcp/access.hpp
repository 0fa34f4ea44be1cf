#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "protocol/mcp/error.hpp"

namespace caisson::protocol::mcp {

/// Under which names the endpoint is reached, and by pages of which origins.
/// A browser sends whatever page it shows to a name that its owner may point
/// at us (DNS rebinding): only the names tell.
struct access_rules {
  /// `example.com` for any port, or `example.com:8080`. Empty: loopback names.
  std::vector<std::string> hosts;
  /// `https://app.example.com`, or `*` for any. Empty: pages of loopback, if
  /// the request came for a loopback name.
  std::vector<std::string> origins;
};

/// Whether a host, with or without a port, is this machine's own: `localhost`,
/// `127.0.0.0/8`, `[::1]`.
bool loopback_host(std::string_view host) noexcept;

/// 403 for a request with a foreign Host, or with an Origin that may not ask.
/// Programs send no Origin, and need none.
std::optional<rpc_error> check_access(std::string_view host,
                                      std::optional<std::string_view> origin,
                                      const access_rules& rules);

/// A list of fields to be added to an answer.
using header_list = std::vector<std::pair<std::string_view, std::string>>;

/// What every answer to a browser needs, refusals too, lest a page sees
/// nothing of them. `origin` has been checked.
header_list cors_headers(std::string_view origin);

/// The answer to OPTIONS, which comes without credentials and is not asked
/// for any. `asked` is Access-Control-Request-Headers; of those, what clients
/// of MCP send is allowed, `Mcp-Param-*` among it.
header_list preflight_headers(std::string_view origin, std::string_view asked);

} // namespace caisson::protocol::mcp
