#pragma once

#include <memory>
#include <unordered_map>
#include <vector>

#include "actors/dependency/attempt_metrics.hpp"
#include "actors/dependency/dependency.hpp"
#include "actors/dependency/job.hpp"
#include "actors/messages.hpp"
#include "actors/policies/token_rate.hpp"
#include "actors/ports.hpp"
#include "actors/supervision/resident.hpp"

namespace caisson {

/// What a worker needs to live.
struct worker_plan {
  std::shared_ptr<const house> home;
  compartment_ptr where;
  std::size_t thread = 0;
  port_maker make_port;
};

/// A job in a worker's hands.
///
///             place in hand
///   (job) ───────────────────► attempting ── finished ──► done
///     │ place in the queue       ▲     │ failed
///     ▼          admitted        │     ▼
///   asking ──────────────────────┘   judging ── no retry ──► done
///     ▲                                │ retry after a wait
///     └──────── the wait is over ── backing_off
struct running_job {
  enum class stage : std::uint8_t { asking, attempting, judging, backing_off };

  job_ptr what;
  stage at = stage::asking;
  ticket place;
  std::uint32_t attempt = 0;
  std::unique_ptr<exchange> talk;
  std::weak_ptr<admission_request> asked; ///< while it waits for a place
  time_point attempt_began{};
  /// The end of the present attempt's patience: of its first byte, or of the
  /// next silence inside a stream; or of the back-off.
  time_point patience{};
  millis last_delay{0};
  bool begun = false;                  ///< a stream's first token is out
  std::optional<duration> first_token; ///< how long it took
  bool judged = false;      ///< its probe was decided by the first token
  std::uint64_t tokens = 0; ///< of this attempt, about
  std::optional<tokens_floor> pace; ///< kept where a floor is set
  fault last;                       ///< why the last attempt failed
};

struct worker_state {
  worker_state() = default;
  static constexpr const char* name = "worker";

  worker_plan plan;
  std::shared_ptr<const dependency_settings> settings;
  std::shared_ptr<dependency_port> port;
  std::unique_ptr<attempt_metrics> metrics;
  std::unordered_map<std::uint64_t, running_job> jobs;
  std::uint64_t last_id = 0;
  attempt_outcomes unreported;
  bool sweeping = false;
};

/// Makes the calls of one dependency on one I/O thread: attempts, time limits,
/// back-off. It decides nothing about the dependency's health: that is its
/// supervisor's.
worker_actor::behavior_type
worker(worker_actor::stateful_pointer<worker_state> self, worker_plan plan);

/// Starts a worker at `where`.
worker_actor start_worker(const worker_plan& plan, placement where,
                          record_ptr place);

} // namespace caisson
