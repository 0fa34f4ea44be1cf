#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>

#include "actors/cluster/messages.hpp"
#include "actors/cluster/news.hpp"
#include "actors/cluster/orders.hpp"
#include "actors/cluster/ports.hpp"
#include "actors/cluster/roster.hpp"
#include "actors/cluster/settings.hpp"
#include "actors/house.hpp"
#include "actors/policies/membership.hpp"
#include "actors/supervision/resident.hpp"

namespace caisson {

/// What outlives the actor: a crash makes nobody forget who has died, and this
/// node no younger. Only the actor that lives now touches the membership.
struct cluster_memory {
  /// `wall`: milliseconds since 1970.
  cluster_memory(membership what, std::function<std::uint64_t()> wall)
    : members(std::move(what)), orders(members.self(), std::move(wall)) {}

  membership members;
  roster shown;
  std::shared_ptr<cluster_news> news = std::make_shared<cluster_news>();
  cluster_orders orders;
};

struct cluster_plan {
  std::shared_ptr<const house> home;
  cluster_settings settings;
  std::shared_ptr<cluster_port> port;
  std::shared_ptr<cluster_memory> memory;
  /// Milliseconds since 1970: lives are told apart by it across restarts.
  std::function<std::uint64_t()> wall;
  /// All that may hear of rumours.
  std::function<std::vector<compartment_ptr>()> dependencies;
  /// Does what was told to another node; orders that make no sense here are
  /// passed over.
  std::function<void(const cluster_order&)> obey;
  /// Orders to forget have not come: forgets whatever they may have meant.
  std::function<void()> forget_all;
  /// The limiter of a client, by its key.
  std::function<quota_keeper_actor(std::uint64_t high, std::uint64_t low)>
    limiter_of{};
  /// Who of this node sees to the values of a key that nodes fetch together;
  /// and all who do.
  std::function<flight_desk_actor(std::string_view key)> flights_of{};
  std::function<std::vector<flight_desk_actor>()> flight_desks{};
};

/// One link to a peer.
struct cluster_peer {
  std::string node; ///< CAF's name of it: who sends from there is this peer
  std::uint64_t link = 0;
  peer_actor whom; ///< none: it has called and not spoken yet
};

struct cluster_state {
  cluster_state() = default;
  static constexpr const char* name = "cluster";

  cluster_plan plan;
  std::map<std::string, cluster_peer> peers; ///< by name; links that stand
  time_point beat_at{};
  bool leaving = false;
  std::uint64_t forgets_told = 0; ///< the number of the last one
  metrics::counter beats;
  metrics::counter farewells;
  metrics::counter words;
  metrics::counter orders;
  metrics::counter questions;
  metrics::counter quotas;
  metrics::counter flights;
  metrics::counter strangers;
};

using cluster_ptr = cluster_actor::stateful_pointer<cluster_state>;

/// The peer that sent the message under way, if it is who it says it is; it is
/// counted if not.
cluster_peer* speaker(cluster_ptr self, std::uint16_t version,
                      const std::string& name);

/// Knows who belongs to the cluster and who of them is alive. Each peer is told
/// every `heartbeat` that this node lives; of a peer that has been silent for
/// `dead_after` the link is ended and the handle dropped, since whatever is
/// sent to the dead is never answered. Whoever is not linked is called.
///
/// What peers say of their breakers goes to the dependencies of the same name,
/// and is void with the link that it came by; what this node says of its own
/// goes to all, and to who is linked later. So does what one node was told and
/// all are meant to do (`cluster_orders`).
///
///   peer_linked ──► beats ◄──► beats … silence ──► gone, link dropped
///                     └── farewell ──► left
cluster_actor::behavior_type cluster(cluster_ptr self, cluster_plan plan);

/// Starts it on CAF's scheduler.
cluster_actor start_cluster(const cluster_plan& plan, record_ptr place);

} // namespace caisson
