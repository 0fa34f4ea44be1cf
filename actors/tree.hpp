#pragma once

#include <functional>
#include <memory>
#include <mutex>
#include <vector>

#include "actors/agent/agent.hpp"
#include "actors/cache/cache.hpp"
#include "actors/cluster/cluster.hpp"
#include "actors/dependency/dependency.hpp"
#include "actors/front_end.hpp"
#include "actors/house.hpp"
#include "actors/limits/limiter.hpp"
#include "actors/routing_table.hpp"
#include "actors/supervision/supervisor.hpp"

namespace caisson {

/// The supervision tree of a node: the only place that says who lives.
///
///   root
///   ├── dependencies
///   │   └── NAME                      one for each [dependency.NAME]
///   │       └── NAME/worker-I         one for each I/O thread
///   ├── limiters
///   │   └── limiter-I                 one for each I/O thread
///   ├── caches
///   │   ├── cache-I                   one for each I/O thread
///   │   └── semantic
///   ├── front_ends
///   │   └── front_end-I               one for each I/O thread
///   ├── agents
///   │   └── agent-I                   one for each I/O thread
///   └── cluster                       where the node belongs to one
///
/// Started in this order, stopped in reverse. Each supervisor bears 3 restarts
/// in 5 s; the root's end is the node's.
class tree {
public:
  struct plan {
    std::shared_ptr<const house> home;
    /// The I/O threads; in tests one that is no thread at all.
    std::vector<placement> threads;
    port_maker make_port;
    limit_settings limits;
    std::uint64_t seed = 0;
    /// Called once when the root has ended; abnormal: it gave up. Those below
    /// it may still be ending.
    std::function<void(bool abnormal)> ended;
    cache_settings cache{};
    std::optional<cluster_plan> cluster{};
  };

  tree(plan what, const std::vector<dependency_settings>& dependencies,
       const std::vector<model_settings>& models);
  ~tree();
  tree(const tree&) = delete;
  tree& operator=(const tree&) = delete;

  /// The front end of an I/O thread, whichever incarnation lives now.
  front_end_actor front_end_of(std::size_t thread) const;

  /// The agent of an I/O thread, likewise.
  agent_actor agent_of(std::size_t thread) const;

  /// Who knows the other nodes; nobody, where there are none.
  cluster_actor cluster() const;

  /// The limiter shard that decides for a client, likewise.
  limiter_actor limiter_of(const limit_key& who) const;

  /// The shard of an I/O thread.
  limiter_actor limiter_at(std::size_t thread) const;

  /// The limits that hold now.
  std::shared_ptr<const limit_book> limits() const;

  /// Takes other limits; what was spent stays spent.
  void set_limits(const limit_settings& what);

  /// Clients whose limits are remembered.
  std::size_t limited_clients() const;

  /// All dependencies, in the order of the config.
  std::vector<compartment_ptr> dependencies() const;

  std::shared_ptr<const routing_table> routes() const;

  const std::shared_ptr<cache_shards>& caches() const noexcept;

  /// Takes new settings: changed dependencies are told, new ones start, those
  /// that are gone end once idle. Running requests are not disturbed. The
  /// cache's stay as they are where none are given.
  void apply(const std::vector<dependency_settings>& dependencies,
             const std::vector<model_settings>& models,
             std::optional<cache_settings> cache = std::nullopt);

  /// Tells the tree to end, the root first.
  void stop();

private:
  struct roster; // shared with the child specs
  std::shared_ptr<roster> roster_;
  supervisor_actor root_;
};

} // namespace caisson
