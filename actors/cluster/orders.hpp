#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "actors/cluster/messages.hpp"

namespace caisson {

/// What was told to one node and is meant for all. Outlives the cluster actor,
/// as what is told while it is being restarted counts too. Any thread may call.
///
/// What sets something (modes, ends of sessions) stands, for nodes that link
/// later: of two that set the same, the later one holds on all nodes, by the
/// giver's clock and then its name. What makes forget does not stand, it is
/// numbered: every beat says how many were given, so that a node notes that it
/// has missed some.
class cluster_orders {
public:
  /// So much stands of a kind at most; of that, the one given first is
  /// forgotten for another: what clients say pushes nothing out that people
  /// were told.
  static constexpr std::size_t most = 10'000;

  /// This node's name, and milliseconds since 1970.
  cluster_orders(std::string self, std::function<std::uint64_t()> wall)
    : self_(std::move(self)), wall_(std::move(wall)) {}

  /// The actor that lives now: it is sent what is given.
  void follow(cluster_actor whom);

  /// Somebody told this node, which has obeyed already.
  void give(const order& what);

  /// Somebody told this node in an earlier life, at that time: it stands again,
  /// where nothing later does.
  void restore(const order& what, std::uint64_t stamp);

  /// Another node was told. False: what is known already holds against it.
  bool take(const cluster_order& said);

  /// All that stands, as it is told.
  std::vector<cluster_order> standing() const;

  /// How many orders to forget were given here.
  std::uint64_t given() const;

  /// A peer has given that many, in that life. False: some of them have not
  /// come here. The next call counts from there.
  bool heard_all(const std::string& node, std::uint64_t life,
                 std::uint64_t given);

private:
  using place = std::pair<order_kind, std::string>; ///< what is set
  struct held {
    std::string word;
    std::uint64_t until = 0;
    std::uint64_t stamp = 0;
    std::string giver;
  };
  struct count {
    std::uint64_t life = 0;
    std::uint64_t heard = 0;
  };

  cluster_order told(const place& where, const held& what) const;
  bool hold(place where, held what);
  void make_room(order_kind of);

  const std::string self_;
  const std::function<std::uint64_t()> wall_;
  mutable std::mutex lock_;
  cluster_actor whom_;
  std::map<place, held> standing_;
  std::map<order_kind, std::size_t> counts_; ///< of what stands, by kind
  std::map<std::string, count> heard_;
  std::uint64_t given_ = 0;
  std::uint64_t last_stamp_ = 0;
};

} // namespace caisson
