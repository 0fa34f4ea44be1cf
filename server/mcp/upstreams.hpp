#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "actors/tree.hpp"
#include "protocol/mcp/federation.hpp"
#include "protocol/mcp/tool_views.hpp"
#include "server/io/io_thread.hpp"
#include "server/mcp/list_walk.hpp"
#include "server/upstream/mcp_watch.hpp"

namespace caisson {

/// What is offered now, and where each server is reached, by its number.
struct mcp_offers {
  protocol::mcp::federation what;
  std::vector<std::shared_ptr<const model_route>> where;
  protocol::mcp::tool_views views;

  /// What of it clients of a tier are offered.
  const protocol::mcp::catalogue& seen_by(tier who) const noexcept {
    return views.of(who, what.all());
  }
};

/// Keeps what upstream servers of MCP offer: asks each of them again and again,
/// by itself and not when somebody wants to know. So a list is answered at once
/// from what was last heard, whatever a server is at; one that is dead or slow
/// is as it was last known, and the others do not notice. Lives on one I/O
/// thread; `now` is for all.
///
/// It also listens to each of them, so that most changes are known at once.
class mcp_upstreams final : public swept {
public:
  /// What it needs of others. All of it is called on its thread.
  struct helpers {
    /// Something else is offered.
    std::function<void()> changed;
    /// A resource has changed that somebody has asked about.
    std::function<void(const std::string& uri)> resource_changed;
    /// Whether somebody may want to hear of less than before.
    std::function<bool()> interest_lost;
    std::function<bool(const std::string& uri)> wanted;
    /// Listens to a server; null where that cannot be.
    std::function<std::shared_ptr<upstream::mcp_watch>(
      const dependency_settings&, upstream::mcp_news)>
      watch;
  };

  mcp_upstreams(io_thread& home, const tree& actors,
                protocol::mcp::catalogue own, tool_tiers filters, helpers by);

  std::shared_ptr<const mcp_offers> now() const { return now_.load(); }

  /// Every server has been asked once, whatever came of it. On any thread.
  bool asked_all() const noexcept { return unheard_ == 0; }

  /// Takes the servers of another configuration, and what each tier is offered;
  /// servers that stay are known. On any thread, once the actors have taken it.
  void apply(const std::vector<dependency_settings>& wanted,
             tool_tiers filters);

  /// Hears of changes of a resource from now on, or once a server is known that
  /// has it, as long as that does and somebody wants it. On any thread.
  void want(std::string uri);

  /// Listens to no server any more. On any thread.
  void stop();

  void sweep(time_point now) override;

private:
  struct server {
    compartment_ptr where;
    std::shared_ptr<const model_route> route;
    dependency_settings settings;
    std::shared_ptr<const protocol::mcp::server_offers> known;
    std::shared_ptr<list_walk> walk;
    std::shared_ptr<upstream::mcp_watch> watch;
    time_point due{};
    bool stale = false; ///< to be asked anew once the walk is done
    bool heard = false; ///< it has been asked once, with whatever success
    bool told = false;  ///< it has said that something has changed
  };

  void take(std::vector<server> fresh, tool_tiers filters);
  void listen(server& to);
  server* find(const std::string& name);
  void ask(const std::string& name, server& one);
  void heard(const std::string& name,
             std::optional<protocol::mcp::offer_lists> lists);
  /// False: no server that is known has it.
  bool watch(const std::string& uri);
  void take_lists(server& one, bool stale,
                  std::optional<protocol::mcp::offer_lists> lists);
  void publish();
  void count_unheard();

  io_thread& home_;
  const tree& actors_;
  protocol::mcp::catalogue own_;
  tool_tiers filters_;
  helpers by_;
  std::vector<server> servers_; ///< in the order of the config
  /// Of no server that is known: another node's clients have asked for them.
  std::set<std::string> homeless_;
  bool looked_after_ = false;
  std::atomic<std::size_t> unheard_{0};
  std::atomic<std::shared_ptr<const mcp_offers>> now_;
};

} // namespace caisson
