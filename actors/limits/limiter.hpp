#pragma once

#include <memory>

#include "actors/house.hpp"
#include "actors/limits/messages.hpp"
#include "actors/stores/kv_client.hpp"
#include "actors/supervision/resident.hpp"

namespace caisson {

/// What of a shard outlives its actor: a crash must not give anybody a quota
/// anew. Only the actor that lives now touches it.
struct limiter_shard {
  explicit limiter_shard(std::size_t most_strangers)
    : clients(most_strangers) {}

  accounts clients;
};

struct limiter_plan {
  std::shared_ptr<const house> home;
  std::size_t thread = 0;
  std::shared_ptr<limiter_shard> shard;
  limits_changed limits;
};

struct limiter_state {
  limiter_state() = default;
  static constexpr const char* name = "limiter";

  limiter_plan plan;
  /// Where the counts are shared; none: this node has them for itself.
  std::unique_ptr<kv_client> store;
  metrics::counter store_errors;
  metrics::counter garbage;
  bool alone = false; ///< the store has not answered the last time
};

/// Keeps the windows of a part of the clients, all that come to it by
/// `shard_of`, and so decides without a lock what no two threads may decide at
/// a time. With a store that is shared, the store decides, in one round trip;
/// while it does not answer, this node does for its configured share, and tells
/// the store afterwards what it has let in.
///
///   question ──► ask the store ── answered ──► told
///                     └── refused, late, nonsense ──► decided here, and owed
limiter_actor::behavior_type
limiter(limiter_actor::stateful_pointer<limiter_state> self, limiter_plan plan);

/// Starts one shard on its I/O thread.
limiter_actor start_limiter(const limiter_plan& plan, placement where,
                            record_ptr place);

/// The shard of a client.
inline std::size_t shard_of(const limit_key& who, std::size_t shards) noexcept {
  return static_cast<std::size_t>(who.low % shards);
}

} // namespace caisson
