#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <random>
#include <string>
#include <unordered_map>
#include <vector>

#include "actors/cache/counters.hpp"
#include "actors/cache/far_listener.hpp"
#include "actors/cache/far_side.hpp"
#include "actors/cache/messages.hpp"
#include "actors/cache/second_layer.hpp"
#include "actors/cache/shards.hpp"
#include "actors/cache/store_line.hpp"
#include "actors/house.hpp"
#include "actors/policies/revocations.hpp"
#include "actors/policies/single_flight.hpp"
#include "actors/stores/kv_client.hpp"
#include "actors/supervision/resident.hpp"

namespace caisson {

struct cache_plan {
  std::shared_ptr<const house> home;
  std::shared_ptr<cache_shards> where;
  std::size_t number = 0; ///< of the shard, and of its I/O thread
  std::uint64_t seed = 0;
  /// Unset: the node belongs to no cluster.
  std::optional<cluster_circle> circle{};
};

/// A value on its way, of which the flight says who waits.
///
///            claim mine, or nobody to ask      landed
///   asking ───────────────────────────► led ───────────► over
///     ▲ │                                ▲ │ lost: the next who waits leads
///     │ │ claim another node's           └─┘
///     │ ▼
///   following ── its value, or its failure ──► over
///     or polling
///
/// Who asks is answered by the shared store, or where there is none by the
/// node of the cluster that keeps the key. A node that is linked is followed:
/// it tells how it goes. Others are polled for, in the store.
struct fetching {
  /// Taken when it began: what is revoked since is not stored.
  std::uint64_t stamp = 0;
  cache_kind kind = cache_kind::llm;
  std::string token; ///< of the claim; empty: there is none
  bool mine = false; ///< the claim is this node's
  std::string waited_for;
  cached_ptr stale;
  std::uint64_t question = 0; ///< the one under way; 0: none
  bool counted = false;
  /// Another node was seen to have the claim.
  bool elsewhere = false;
  time_point poll_at = time_point::max();
  millis pause{20};
  time_point renew_at = time_point::max();

  /// What is heard of it meanwhile: of who leads, or of another node.
  std::shared_ptr<answer_tape> tape;
  /// Who leads, here.
  std::optional<cache_caller> leader;
  /// Other nodes that wait for it.
  std::vector<std::unique_ptr<far_listener>> listeners;
  /// The token of another node's fetching that is followed; empty: none is.
  std::string followed;
  std::uint64_t follow = 0; ///< its number
  bool follows_stream = false;
  bool accepted = false; ///< by it: it tells how it goes
  std::string said;      ///< by it: a text whose end has not come
};

struct cache_state {
  cache_state() = default;
  static constexpr const char* name = "cache";

  cache_plan plan;
  std::shared_ptr<const cache_settings> settings;
  compartment_ptr store;
  std::unique_ptr<kv_client> l2; ///< none: there is no second layer
  std::optional<lru_store<cached_ptr>> l1;
  std::optional<cache_counters> counters;
  single_flight<cache_lookup_ptr> flights;
  /// Before what is fetched: listeners speak through it to their end.
  std::optional<far_side> far; ///< none: the node belongs to no cluster
  std::unordered_map<std::string, fetching> fetches; ///< by key
  /// Of those who did not want to look: nobody waits for them.
  std::map<std::uint64_t, std::pair<std::string, fetching>> aside;
  std::uint64_t last_aside = std::uint64_t{1} << 63;
  std::uint64_t last_question = 0;
  std::uint64_t last_follow = 0;
  revocations revoked;
  std::mt19937_64 random;
  bool sweeping = false;
  std::shared_ptr<store_line> line = std::make_shared<store_line>();
};

/// One shard of the cache: first layer, flights, and the way to the second
/// layer. A lookup is answered out of a layer, or its asker is sent to fetch
/// the value and all who ask for the same wait for that; whatever the store
/// does wrong is a miss.
cache_actor::behavior_type
cache(cache_actor::stateful_pointer<cache_state> self, cache_plan plan);

cache_actor start_cache(cache_plan plan, placement where, record_ptr place);

} // namespace caisson
