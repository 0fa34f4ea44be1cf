#pragma once

#include <functional>
#include <memory>
#include <vector>

#include "actors/dependency/breakers.hpp"
#include "actors/dependency/capacity.hpp"
#include "actors/dependency/compartment.hpp"
#include "actors/dependency/requests.hpp"
#include "actors/house.hpp"
#include "actors/messages.hpp"
#include "actors/policies/fair_queue.hpp"
#include "actors/policies/retry.hpp"
#include "actors/ports.hpp"
#include "actors/supervision/children.hpp"
#include "actors/supervision/resident.hpp"

namespace caisson {

/// Makes the port of a dependency on one I/O thread; called on that thread.
using port_maker = std::function<std::shared_ptr<dependency_port>(
  const dependency_settings&, std::size_t thread)>;

/// What a dependency needs to live: the same for every incarnation.
struct dependency_plan {
  std::shared_ptr<const house> home;
  compartment_ptr where;
  /// Where each I/O thread's worker lives; one worker an entry.
  std::vector<placement> threads;
  port_maker make_port;
  /// Seeds the jitter.
  std::uint64_t seed = 0;
};

struct dependency_state {
  dependency_state() = default;
  static constexpr const char* name = "dependency";

  dependency_plan plan;
  std::shared_ptr<const dependency_settings> settings;
  std::unique_ptr<breakers> judges;
  std::unique_ptr<capacity> room;
  std::unique_ptr<retry_budget> budget;
  random_source random;
  fair_queue<std::shared_ptr<admission_request>> waiting;
  std::unique_ptr<children> workers;
  metrics::counter queue_timeouts;
  metrics::counter budget_exhausted;
  metrics::counter retries_exhausted;
  metrics::histogram waited;
  bool sweeping = false;
  bool rising = false; ///< its bulkhead opens with time
};

/// The supervisor of one protected dependency, whatever its kind: the only
/// writer of its breaker, its retry budget and its queue, and the parent of its
/// workers. Calls are admitted in their sender's thread while nothing needs a
/// judgement (compartment.hpp); everything else comes here.
///
/// Order for one call (adr/0005): deadline, breaker, bulkhead, attempt,
/// classify, breaker counts, retry.
dependency_actor::behavior_type
dependency(dependency_actor::stateful_pointer<dependency_state> self,
           dependency_plan plan, record_ptr place);

/// Starts a dependency supervisor at `where`, with the settings and the breaker
/// that its compartment holds.
dependency_actor start_dependency(const dependency_plan& plan, placement where,
                                  record_ptr place);

} // namespace caisson
