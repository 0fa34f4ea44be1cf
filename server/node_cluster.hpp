#pragma once

#include <functional>
#include <memory>
#include <string>

#include <caf/fwd.hpp>

#include "actors/cluster/cluster.hpp"
#include "actors/tree.hpp"
#include "server/cluster/link.hpp"
#include "server/config/settings.hpp"

namespace caisson {

/// What a node has of the cluster, where it belongs to one.
class node_cluster {
public:
  /// Before the actor system is made: where there is no cluster, CAF's
  /// distribution is not even loaded.
  static void prepare(caf::actor_system_config& config);

  /// What the node does for the others, on any thread.
  struct services {
    /// What it shows of itself.
    std::function<std::string(report_kind)> report;
    /// See cluster_plan.
    std::function<void(const cluster_order&)> obey;
    std::function<void()> forget_all;
  };

  node_cluster(const settings& of, std::shared_ptr<const house> home,
               services of_node);
  ~node_cluster();

  /// Opens the port; what is wrong, in words, or nothing.
  std::string open() { return link_->open(); }

  /// HOST:PORT of it.
  std::string where() const { return link_->where(); }

  /// For the actor in the tree.
  const cluster_plan& plan() const noexcept { return plan_; }

  /// Where breakers are told of.
  std::shared_ptr<board> news() const { return plan_.memory->news; }

  /// Tells all others what this node was told and has done.
  void pass_on(const order& what) { plan_.memory->orders.give(what); }

  /// The same of what it was told in an earlier life, and when (see
  /// cluster_orders).
  void stands(const order& what, std::uint64_t when) {
    plan_.memory->orders.restore(what, when);
  }

  void start() { link_->start(); }
  void stop() { link_->stop(); }

  /// Says farewell to the others; `gone` once they have taken it.
  void leave(const tree& actors);
  bool gone() const { return link_->connections() == 0; }

  using told = std::function<void(std::string)>;

  /// What `/telemetry` shows: all members. Told on any thread, within 1 s.
  void look(const tree& actors, told then) const;

  /// What `/metrics?scope=cluster` does.
  void measure(const tree& actors, told then) const;

private:
  void survey(const tree& actors, report_kind kind,
              std::function<void(std::vector<member_report>)> then) const;

  std::function<std::string(report_kind)> report_;
  std::shared_ptr<peering::link> link_;
  cluster_plan plan_;
};

} // namespace caisson
