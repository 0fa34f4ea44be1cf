#pragma once

#include <map>
#include <optional>
#include <string_view>
#include <tuple>

#include "actors/mcp/settings.hpp"
#include "actors/telemetry/metrics.hpp"
#include "protocol/mcp/error.hpp"

namespace caisson {

/// What one I/O thread counts of MCP. Labels come from bounded sets: methods of
/// the specification, tools that are offered.
class mcp_counts {
public:
  explicit mcp_counts(metrics::registry& metrics);

  /// There is a tool of that name.
  void expect(std::string_view tool);

  /// A message, and how it went; nothing of a refusal: it went well. The era is
  /// not always known when one is refused.
  void message(std::string_view method,
               std::optional<protocol::mcp::era> spoken,
               const protocol::mcp::rpc_error* refusal);

  /// A message that was to be passed on and was not: a fault of the node's, or
  /// an error that an upstream server has answered with.
  void unserved(std::string_view method, protocol::mcp::era spoken);

  /// A call; without a name it is of a tool that nobody offers.
  void call(std::string_view tool, std::string_view status);

  /// A result of a server's tool was too large, and this became of it.
  void large(const std::string& service, large_result how);

private:
  metrics::counter& call_counter_of(std::string_view tool,
                                    std::string_view status);
  metrics::counter& counter_of(std::string_view method, std::string_view era,
                               std::string_view status);

  metrics::registry& metrics_;
  metrics::counter refused_;
  /// The views are of literals, or of what lives as long as the node.
  std::map<std::tuple<std::string_view, std::string_view, std::string_view>,
           metrics::counter>
    messages_;
  std::map<std::pair<std::string, std::string_view>, metrics::counter> calls_;
};

} // namespace caisson
