#pragma once

#include <cstdint>
#include <memory>
#include <optional>

#include "actors/cluster/keepers.hpp"
#include "actors/house.hpp"
#include "actors/limits/messages.hpp"
#include "actors/supervision/resident.hpp"

namespace caisson {

/// What of a shard outlives its actor: a crash must not give anybody a quota
/// anew. Only the actor that lives now touches it.
struct limiter_shard {
  explicit limiter_shard(std::size_t most_strangers)
    : clients(most_strangers) {}

  accounts clients;
  /// So often somebody has begun to keep them together with other nodes: what
  /// an earlier one has told those, and they have granted, is void.
  std::uint64_t eras = 0;
};

struct limiter_plan {
  std::shared_ptr<const house> home;
  std::size_t thread = 0;
  std::shared_ptr<limiter_shard> shard;
  limits_changed limits;
  /// Unset: the node belongs to no cluster.
  std::optional<cluster_circle> circle;
};

class limit_counts;

struct limiter_state {
  limiter_state() = default;
  static constexpr const char* name = "limiter";

  limiter_plan plan;
  std::shared_ptr<limit_counts> counts;
};

/// Decides for a part of the clients, all that come to it by `shard_of`, and so
/// without a lock what no two threads may decide at a time. Where their windows
/// are kept is the business of its `limit_counts`.
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
