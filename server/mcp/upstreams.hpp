#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <vector>

#include "actors/tree.hpp"
#include "protocol/mcp/federation.hpp"
#include "server/io/io_thread.hpp"
#include "server/mcp/list_walk.hpp"

namespace caisson {

/// What is offered now, and where each server is reached, by its number.
struct mcp_offers {
  protocol::mcp::federation what;
  std::vector<std::shared_ptr<const model_route>> where;
};

/// Keeps what upstream servers of MCP offer: asks each of them again and again,
/// by itself and not when somebody wants to know. So a list is answered at once
/// from what was last heard, whatever a server is at; one that is dead or slow
/// is as it was last known, and the others do not notice. Lives on one I/O
/// thread; `now` is for all.
class mcp_upstreams final : public swept {
public:
  /// `changed` is called, on that thread, when something else is offered.
  mcp_upstreams(io_thread& home, const tree& actors,
                protocol::mcp::catalogue own, std::function<void()> changed);

  std::shared_ptr<const mcp_offers> now() const { return now_.load(); }

  /// Takes the servers of another configuration; those that stay are known. On
  /// any thread, once the actors have taken it.
  void apply(const std::vector<dependency_settings>& wanted);

  void sweep(time_point now) override;

private:
  struct server {
    compartment_ptr where;
    std::shared_ptr<const model_route> route;
    dependency_settings settings;
    std::shared_ptr<const protocol::mcp::server_offers> known;
    std::shared_ptr<list_walk> walk;
    time_point due{};
  };

  void take(std::vector<server> fresh);
  void ask(const std::string& name, server& one);
  void heard(const std::string& name,
             std::optional<protocol::mcp::offer_lists> lists);
  void publish();

  io_thread& home_;
  const tree& actors_;
  protocol::mcp::catalogue own_;
  std::function<void()> changed_;
  std::vector<server> servers_; ///< in the order of the config
  bool looked_after_ = false;
  std::atomic<std::shared_ptr<const mcp_offers>> now_;
};

} // namespace caisson
