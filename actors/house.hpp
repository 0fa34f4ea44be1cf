#pragma once

#include <memory>

#include <caf/fwd.hpp>

#include "actors/board.hpp"
#include "actors/journal.hpp"
#include "actors/policies/poison_ledger.hpp"
#include "actors/supervision/census.hpp"
#include "actors/telemetry/metrics.hpp"

namespace caisson {

/// What every actor may reach: one for each node, outliving its actors.
struct house {
  caf::actor_system* system = nullptr;
  metrics::registry* metrics = nullptr;
  caisson::census* census = nullptr;
  journal* log = nullptr;
  std::shared_ptr<poison_ledger> poison = std::make_shared<poison_ledger>();
  std::shared_ptr<caisson::board> board; ///< null: this node is alone
};

} // namespace caisson
