#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include <caf/actor_system.hpp>
#include <caf/actor_system_config.hpp>
#include <caf/scheduler/test_coordinator.hpp>

#include "actors/cache/cache.hpp"
#include "actors/cluster/cluster.hpp"
#include "actors/limits/limiter.hpp"
#include "tests/simulation/dice.hpp"
#include "tests/simulation/trace.hpp"

namespace caisson::simulation {

inline constexpr std::size_t most_nodes = 5;

/// Several nodes of a cluster in one process, under one virtual clock: of each
/// the real cluster actor, a real limiter and a real cache, with what outlives
/// them. The network between them and the machines under them are the fleet's,
/// and can fail: a link that is cut holds what is said until it is whole or
/// given up, as TCP does; a node that is stopped runs nothing and closes
/// nothing.
class fleet {
public:
  fleet(std::size_t nodes, trace& log, dice chance);
  ~fleet();
  fleet(const fleet&) = delete;
  fleet& operator=(const fleet&) = delete;

  struct node {
    std::string name;
    std::size_t number = 0;
    bool up = false;      ///< its process runs
    bool stopped = false; ///< as by SIGSTOP
    bool open = true;     ///< lets others in
    time_point since{};   ///< of its process
    std::int64_t skew_ms = 0;
    std::shared_ptr<cluster_port> port;
    std::shared_ptr<cluster_memory> memory;
    std::shared_ptr<limiter_shard> shard;
    cluster_actor cluster;
    limiter_actor limiter;
    std::shared_ptr<cache_shards> caches;
    cache_actor cache;
    std::map<std::size_t, caf::actor> proxies; ///< of the other nodes
    /// What it has done as others were told, and when it forgot all.
    std::vector<cluster_order> obeyed;
    std::vector<time_point> forgot_all;
  };

  std::size_t size() const { return nodes_.size(); }
  node& at(std::size_t i) { return nodes_[i]; }
  bool runs(std::size_t i) const { return nodes_[i].up && !nodes_[i].stopped; }

  // -- machines ---------------------------------------------------------------

  void start(std::size_t i);
  void crash(std::size_t i);
  void stop(std::size_t i, bool really);
  enum class part : std::uint8_t { cluster, limiter, cache };
  /// One of its actors dies, and is started again.
  void kill_actor(std::size_t i, part which);
  void jump(std::size_t i, std::int64_t ms) { nodes_[i].skew_ms += ms; }

  // -- network ----------------------------------------------------------------

  /// From one to another, not back.
  void cut(std::size_t from, std::size_t to, bool really);
  void heal();
  /// After wires were mended: what was held on them comes through.
  void mend();
  /// So long a message is on its way, at most.
  void slow(millis most) { longest_way_ = most; }
  bool cut_off(std::size_t from, std::size_t to) const {
    return cut_[from][to];
  }
  bool connected(std::size_t a, std::size_t b) const {
    return !cut_[a][b] && !cut_[b][a];
  }

  // -- time -------------------------------------------------------------------

  caf::actor_system& system() { return *system_; }
  time_point now() { return system_->clock().now(); }
  void later(duration after, std::function<void()> what);
  /// One message of one actor, or something from outside, or time; false:
  /// `until` is there.
  bool step(time_point until);
  std::uint64_t steps() const { return steps_; }

  /// Decisions of all nodes so far that were made so: see
  /// `rate_limiter_cluster_decisions_total`.
  double decisions(const std::string& by);

private:
  class port;
  struct link;
  using delivery = std::function<void()>;

  void spawn_cluster(node& it);
  void spawn_limiter(node& it);
  void spawn_cache(node& it);
  cluster_circle circle_of(const node& it);
  caf::actor proxy(std::size_t of, std::size_t at);
  void belongs(const caf::actor_control_block* who, std::size_t node);
  template <class Handle>
  void end(Handle& who);

  void dial(std::size_t from, const std::string& address);
  void connect(std::size_t from, std::size_t to);
  void drop(std::size_t at, std::size_t other);
  void lose_end(const std::shared_ptr<link>& which, std::size_t at);
  std::shared_ptr<link> link_between(std::size_t from, std::size_t to);
  void carry(std::size_t from, std::size_t to, delivery what);
  void pump(const std::shared_ptr<link>& which, std::size_t to);
  void tell_linked(std::size_t at, std::size_t other, std::uint64_t number,
                   bool called);

  std::uint64_t wall(std::size_t i);
  bool due();
  std::optional<std::size_t> home_of(caf::resumable* job) const;

  trace& log_;
  dice chance_;
  metrics::registry metrics_;
  census census_;
  std::unique_ptr<journal> journal_;
  caf::actor_system_config config_;
  std::unique_ptr<caf::actor_system> system_;
  caf::scheduler::test_coordinator& scheduler_;
  std::size_t residents_;
  std::shared_ptr<house> home_;
  std::vector<node> nodes_;
  std::vector<std::shared_ptr<link>> links_;
  bool cut_[most_nodes][most_nodes] = {};
  millis longest_way_{2};
  std::multimap<time_point, std::function<void()>> agenda_;
  std::unordered_map<caf::actor_id, std::size_t> home_of_; ///< by actor
  std::vector<std::ptrdiff_t> ready_; ///< jobs that may be next
  std::uint64_t numbers_ = 0;         ///< of links
  std::uint64_t steps_ = 0;
};

} // namespace caisson::simulation
