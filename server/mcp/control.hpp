#pragma once

#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>

#include "protocol/mcp/access.hpp"
#include "protocol/mcp/sealer.hpp"
#include "server/config/settings.hpp"

namespace caisson {

/// What the endpoint of MCP goes by, all of one configuration.
struct mcp_rules {
  protocol::mcp::access_rules access;
  protocol::mcp::sealer seals;
  std::chrono::seconds session_ttl;
  std::size_t max_streams = 0;
  millis keep_alive{}; ///< the longest silence of a stream
  bool anonymous_search = false;
  agent_settings agent;
  std::uint64_t version = 0; ///< of these rules: another for each configuration
};

/// The rules that hold now, for all threads.
class mcp_control {
public:
  explicit mcp_control(const settings& with);

  std::shared_ptr<const mcp_rules> rules() const { return rules_.load(); }

  /// Takes a new configuration. A node that has drawn its secret keeps it.
  void apply(const settings& with);

private:
  protocol::mcp::sealing_secret drawn_;
  std::uint64_t version_ = 0;
  std::atomic<std::shared_ptr<const mcp_rules>> rules_;
};

} // namespace caisson
