#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <vector>

#include "actors/cluster/keepers.hpp"
#include "actors/limits/leases.hpp"

namespace caisson {

struct account;

/// What one client's account has besides, where nodes keep limits together. The
/// account's own windows are what came in through this node, whoever decided.
struct node_account {
  /// What came in through another node, as it has said. For the keeper.
  struct share {
    std::size_t node = 0;
    limit_windows windows;
  };
  std::vector<share> others;
  /// Which limits it has asked the others about, in which round of asking.
  slot_set recalled;
  std::uint64_t recalled_in = 0;

  std::uint64_t era = 0; ///< see limiter_shard

  // For who asks:
  std::optional<cluster_keeper> told_to;
  /// Of these limits it knows all that this node has let in.
  slot_set told;
  std::uint64_t forgettings = 0; ///< of what it was told
  lease_book leases;
};

/// From now on whoever keeps the windows is to be told all, and has granted
/// nothing.
void forget(node_account& it);

/// That one keeps them: unless it did before, all of the above.
void turn_to(node_account& it, const cluster_keeper& keeper);

/// What of a client came in through another node.
limit_windows& windows_of(node_account& in, std::size_t node);

struct allowance {
  standing how;
  std::uint32_t units = 0;
};

/// Charges all of `what`, as often as it is wanted and fits, or nothing, and
/// says how the client stands. `through`: the windows of the node through which
/// the client has come, of this account. `nodes`: all that may belong.
///
/// More than one unit is given only so far that all nodes together hold at most
/// a twentieth of any limit beforehand (for each endpoint a part of it).
allowance decide_for_all(account& whose, limit_windows& through,
                         const charges& what, std::uint32_t units,
                         time_point now, std::uint32_t nodes);

} // namespace caisson
