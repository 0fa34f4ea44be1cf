#pragma once

#include <atomic>
#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "actors/tree.hpp"
#include "server/mcp/endpoint.hpp"
#include "server/mcp/pipe_client.hpp"

namespace caisson {

/// MCP as a part of a node: what it offers, and an endpoint for each I/O
/// thread.
class mcp_service {
public:
  /// What the node is asked about itself.
  struct node_facts {
    const tree* actors = nullptr;
    time_point started{};
    std::function<bool()> draining;
    const std::atomic<std::int64_t>* request_timeout_ms = nullptr;
    /// By thread.
    const std::vector<std::unique_ptr<limit_desk>>* limits = nullptr;
    const revoked_keys* revoked = nullptr;
    /// Listens to an upstream server, on the first thread.
    std::function<std::shared_ptr<upstream::mcp_watch>(
      const dependency_settings&, upstream::mcp_news)>
      watch;
    /// Tells other nodes what this one was told.
    std::function<void(const order&)> pass_on;
  };

  mcp_service(const settings& with,
              const std::vector<std::unique_ptr<io_thread>>& threads,
              node_facts facts, metrics::registry& metrics);

  void add_routes(route_table& to);

  /// A client at a pipe, on that thread; what the plan lacks is filled in.
  std::shared_ptr<pipe_client> serve_pipe(io_thread& home,
                                          pipe_client::plan plan);

  /// Every upstream server has been asked once what it offers.
  bool asked_all() const noexcept { return upstreams_->asked_all(); }

  /// A session has ended at another node: its key, and when it expires, since
  /// 1970. No key: nothing.
  void end_session(std::string_view key, std::chrono::milliseconds expires);

  /// At another node the client of a session, its key first, has said what it
  /// wants to hear of, or from which level on of logs; likewise.
  void subscribe(std::string_view key_and_uri, bool really,
                 std::chrono::milliseconds expires);
  void set_level(std::string_view key, std::string_view level,
                 std::chrono::milliseconds expires);

  /// Takes a new configuration, and tells who wants to hear of it.
  void apply(const settings& with);

  /// The node ends: servers are told that sessions do.
  void stop() { upstreams_->stop(); }

private:
  std::string status() const;

  std::string name_;
  node_facts facts_;
  std::atomic<std::shared_ptr<const std::string>> config_;
  std::shared_ptr<mcp_shared> shared_;
  protocol::mcp::own_server offers_;
  std::vector<std::unique_ptr<mcp_endpoint>> endpoints_;
  std::unique_ptr<mcp_upstreams> upstreams_;
};

} // namespace caisson
