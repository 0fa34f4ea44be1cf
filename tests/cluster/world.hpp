#pragma once

#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include <caf/actor_system.hpp>
#include <caf/actor_system_config.hpp>

#include "actors/cluster/cluster.hpp"
#include "server/cluster/link.hpp"
#include "tests/server/papers.hpp"

/// Nodes of a cluster that are nothing else: an actor system, a link, the actor
/// that knows the members; over loopback, with certificates of the occasion.
namespace caisson::testing {

/// An authority, nodes a, b and c of it, and those who are none.
struct cluster_papers : papers {
  cluster_papers();

  bool made; ///< false: there is no openssl
};

const cluster_papers& all_papers();

/// Waits until it is so, for as long as a busy machine may need.
bool eventually(const std::function<bool()>& what);

class noting_journal final : public journal {
public:
  void note(severity, std::string_view,
            std::string_view what) noexcept override;
  void note(severity level, std::string_view who, std::string_view,
            std::string_view what) noexcept override {
    note(level, who, what);
  }
  bool has(std::string_view part) const;

private:
  mutable std::mutex lock_;
  std::vector<std::string> lines_;
};

class cluster_node {
public:
  /// `change` may touch what the link is given.
  explicit cluster_node(const std::string& name,
                        std::vector<std::string> seeds = {},
                        const std::function<void(peering::link::plan&)>& change
                        = nullptr);
  ~cluster_node();
  cluster_node(const cluster_node&) = delete;
  cluster_node& operator=(const cluster_node&) = delete;

  /// What the link said to being opened.
  std::string complaint;

  std::string where() const { return door->where(); }
  member_state sees(const std::string& other) const;
  bool sees_alive(const std::string& other) const;
  double count(const metrics::family& of, std::vector<std::string> labels);

  caf::actor_system_config config;
  metrics::registry counters;
  caisson::census census;
  noting_journal log;
  std::unique_ptr<caf::actor_system> system;
  cluster_settings settings;
  std::shared_ptr<peering::link> door;
  std::shared_ptr<cluster_memory> memory;
  cluster_actor actor;
};

} // namespace caisson::testing
