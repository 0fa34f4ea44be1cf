#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "actors/cluster/messages.hpp"
#include "actors/cluster/roster.hpp"
#include "actors/policies/rendezvous.hpp"

namespace caisson {

/// One of the nodes, by its place among all that may belong, and which life of
/// it: in another one it remembers nothing.
struct cluster_keeper {
  std::size_t node = 0;
  std::uint64_t life = 0;
  bool operator==(const cluster_keeper&) const = default;
};

/// What an actor is told of the cluster that shares keys with other nodes'.
struct cluster_circle {
  std::string self;
  /// The names of all that may belong, this one's too.
  std::vector<std::string> nodes;
  std::function<std::shared_ptr<const roster_view>()> look;
  /// Who speaks with the others.
  std::function<cluster_actor()> line;
};

/// Who keeps what belongs to a key (a client's windows, who fetches a value),
/// as this node sees the cluster now. Not for several threads: each shard has
/// its own.
///
/// Keepers are nodes that see more than half of all that may belong:
/// of a cluster that is split, one part has keepers at most. Who leaves or is
/// taken for dead keeps nothing; who is only not linked is asked in vain until
/// then, so that a link that breaks and comes back moves nobody.
///
/// Where nothing is lost when keepers move, only those keep that are linked.
class cluster_keepers {
public:
  enum class among : std::uint8_t { present, linked };

  explicit cluster_keepers(cluster_circle circle, among who = among::present);

  /// Nobody, where this node does not see most of them.
  std::optional<cluster_keeper> keeper_of(std::uint64_t key, time_point now);

  /// Since when those who keep are the ones that they are now, as far as was
  /// looked; and how often they have changed.
  time_point since() const { return since_; }
  std::uint64_t changes() const { return changes_; }

  /// When a node was heard of last, as the cluster actor knows it.
  time_point heard(std::size_t node) const;

  std::optional<std::size_t> find(std::string_view name) const;
  const std::string& name_of(std::size_t node) const { return all_[node]; }
  const std::string& self_name() const { return all_[self_]; }
  bool self(std::size_t node) const { return node == self_; }

  /// All that may belong, not only those that seem to be there.
  std::uint32_t count() const {
    return static_cast<std::uint32_t>(all_.size());
  }

  cluster_actor line() const { return circle_.line(); }

private:
  void look(time_point now);

  cluster_circle circle_;
  among who_;
  std::vector<std::string> all_;
  std::size_t self_ = 0;
  std::shared_ptr<const roster_view> seen_;
  rendezvous keepers_;
  std::vector<cluster_keeper> present_;
  std::vector<std::uint64_t> lives_; ///< by node
  time_point since_{};
  std::uint64_t changes_ = 0;
};

} // namespace caisson
