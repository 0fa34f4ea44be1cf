#pragma once

#include <cstdint>
#include <optional>

#include "actors/dependency/worker.hpp"

// The steps of a worker's job, each of which leaves it in a state of the
// diagram in worker.hpp. After those that say so the job is gone.

namespace caisson {

using worker_self = worker_actor::stateful_pointer<worker_state>;

/// Starts the next attempt with the place in hand; may finish the job.
void begin_attempt(worker_self self, std::uint64_t id);

/// The stream's first token has come: the client's answer begins.
void first_token(worker_self self, std::uint64_t id);

/// The attempt failed; the supervisor is asked whether to try again, unless
/// nothing is to be asked: then the job is gone.
void attempt_failed(worker_self self, std::uint64_t id, fault why);

/// The attempt succeeded. The job is gone.
void finish_attempt(worker_self self, std::uint64_t id, bytes whole,
                    const token_usage& usage);

/// Nobody wants the answer: the attempt or the wait ends. To be finished.
void give_up(worker_self self, std::uint64_t id);

/// The request's own time is up; `silence` says what the dependency was at.
/// That says something of the dependency only if it had all of the time that
/// the node gives: else a client with a short deadline, or the tail of a retry,
/// could open a breaker. The job is gone.
void time_is_up(worker_self self, std::uint64_t id, const fault& silence);

/// Ends a job. It is gone afterwards.
void finish(worker_self self, std::uint64_t id, std::optional<fault> failure);

/// Tells the supervisor what it has not heard yet.
void report_outcomes(worker_self self);

fault deadline_fault();

} // namespace caisson
