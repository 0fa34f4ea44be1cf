#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include <caf/send.hpp>

#include "actors/cluster/keepers.hpp"
#include "actors/policies/claims.hpp"

namespace caisson {

/// What a shard of the cache knows of other nodes, with whom it fetches values
/// once for all: who keeps a key, what it keeps itself, and the way there.
class far_side {
public:
  explicit far_side(cluster_circle circle)
    : nodes_(std::move(circle), cluster_keepers::among::linked) {}

  const std::string& self() const { return nodes_.self_name(); }

  /// Whether a node of that name may belong.
  bool knows(std::string_view node) const {
    return nodes_.find(node).has_value();
  }

  /// The node that says who fetches what belongs to a key: this one, perhaps.
  /// Nothing: there is none, or it has been silent lately, and everybody
  /// fetches for himself.
  std::optional<std::string> keeper_of(std::string_view key, time_point now);

  /// The same, whether or not it has been silent.
  std::optional<std::string> keeper_named(std::string_view key, time_point now);

  /// That one has not answered in time: it is not asked for a while.
  void silent(const std::string& node, time_point now);

  /// Tells another node, without an answer.
  template <class Word>
  void post(std::string to, Word what) const {
    what.name = self();
    if (auto whom = line())
      caf::anon_send(whom, flight_post{std::move(to), {std::move(what)}});
  }

  /// Who speaks with the others; nobody before its first start.
  cluster_actor line() const { return nodes_.line(); }

  /// Of the keys that this shard keeps: who fetches.
  claims held;

private:
  cluster_keepers nodes_;
  std::map<std::string, time_point> silent_until_; ///< by node
};

/// A token says on which node its key is fetched: TOKEN@NODE. The node; empty
/// where it does not.
std::string_view node_of_token(std::string_view token) noexcept;

} // namespace caisson
