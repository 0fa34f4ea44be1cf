#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <caf/allowed_unsafe_message_type.hpp>
#include <caf/atom.hpp>
#include <caf/replies_to.hpp>
#include <caf/typed_actor.hpp>

#include "actors/cache/verdict.hpp"
#include "actors/call.hpp"
#include "actors/fault.hpp"
#include "actors/policies/breaker.hpp"
#include "actors/policies/hearsay.hpp"
#include "actors/settings.hpp"

// Every message and every actor interface of the node, a sentence for each
// handler. All of them are local: they hold pointers, and CAF refuses to send
// them to another node.

namespace caisson {

struct child_spec;
class admission_request;
class compartment;
class job;
class responder;
class retry_request;
class routing_table;
class ticket;

using child_spec_ptr = std::shared_ptr<const child_spec>;
using compartment_ptr = std::shared_ptr<compartment>;
using job_ptr = std::shared_ptr<job>;

// -- front-end ----------------------------------------------------------------

/// A client asks something.
struct submission {
  std::uint64_t id; ///< the session's name for it, unique on its I/O thread
  call_ptr what;
  std::shared_ptr<responder> client;
};

/// A client has gone: nobody waits for that answer.
struct client_left {
  std::uint64_t id;
};

/// A job has ended: its answer was delivered, or it failed.
struct job_finished {
  std::uint64_t id;
  std::optional<fault> failure;
  /// Attempts made for this job.
  std::uint32_t attempts = 0;
  /// Bytes of the answer had reached the client.
  bool delivered = false;
  /// Its lane to the client, see shared_reply.hpp.
  std::uint32_t lane = 0;
  /// It was in an actor's hands when that actor crashed.
  bool suspect = false;
};

/// A lane has begun to answer: the others are not wanted any more.
struct race_won {
  std::uint64_t id;
  std::uint32_t lane;
};

/// Other routes hold from now on; running requests keep theirs.
struct routes_changed {
  std::shared_ptr<const routing_table> routes;
};

using sweep_atom = caf::atom_constant<caf::atom("sweep")>;

/// Whoever has put a job to a worker: hears how it ended.
using job_owner_actor = caf::typed_actor<caf::reacts_to<job_finished>>;

/// The interface of the FRONT END, one on each I/O thread.
using front_end_actor = caf::typed_actor<
  // Starts a request on its way along the chain of its model.
  caf::reacts_to<submission>,
  // Cancels a request.
  caf::reacts_to<client_left>,
  // Ends a request, or moves it on to the next target.
  caf::reacts_to<job_finished>,
  // INTERNAL: cancels what lost a race.
  caf::reacts_to<race_won>,
  // The cache's word on a request: here is the answer, or go and fetch it.
  caf::reacts_to<cache_verdict>,
  // INTERNAL: starts hedges, and what was put off.
  caf::reacts_to<sweep_atom>,
  // Takes new routes.
  caf::reacts_to<routes_changed>>;

// -- worker -------------------------------------------------------------------

/// Nobody waits for this job any more.
struct job_cancelled {
  job_ptr which;
};

/// The answer to an admission request: a ticket, or why there is none.
struct admission {
  std::uint64_t id;
  std::shared_ptr<ticket> granted;
  fault refusal;
};

/// News of a running attempt, see `exchange_listener`.
struct attempt_event {
  enum class kind : std::uint8_t { started, more, finished, failed };
  std::uint64_t id;
  std::uint32_t attempt; ///< news of an earlier attempt are ignored
  attempt_event::kind what;
  bytes data;
  token_usage usage;
  fault failure;
  std::uint32_t tokens = 0; ///< about so many are in `data`
};

/// The answer to a retry request: the wait before the next attempt, or none.
struct retry_verdict {
  std::uint64_t id;
  std::optional<millis> delay;
};

/// New settings hold for new attempts.
struct dependency_changed {
  std::shared_ptr<const dependency_settings> settings;
};

/// The interface of a WORKER: it makes the calls of one dependency on one I/O
/// thread.
using worker_actor = caf::typed_actor<
  // Makes the call; every job ends with exactly one `job_finished`.
  caf::reacts_to<job_ptr>,
  // Gives the job up and closes its upstream socket.
  caf::reacts_to<job_cancelled>,
  // INTERNAL: the supervisor admits or refuses a job.
  caf::reacts_to<admission>,
  // INTERNAL: the supervisor allows or refuses a retry.
  caf::reacts_to<retry_verdict>,
  // INTERNAL: news of a running attempt.
  caf::reacts_to<attempt_event>,
  // Takes new settings.
  caf::reacts_to<dependency_changed>,
  // INTERNAL: looks for time limits and waits that are over.
  caf::reacts_to<sweep_atom>>;

// -- dependency supervisor ----------------------------------------------------

/// How permitted attempts went.
struct attempt_outcome {
  breaker_permit permit;
  outcome how;
  /// The job's first attempt: a call in the retry budget's eyes.
  bool first;
  call_measure measure;
};

struct attempt_outcomes {
  std::vector<attempt_outcome> list;
};

/// Another mode is wished of the breaker (compartment::set_mode). `done` is
/// called once it holds, on the supervisor's thread.
struct breaker_mode_set {
  std::function<void()> done;
};

/// What another node says of a breaker: `dependency` or `dependency/model`.
struct breaker_rumour {
  std::string service;
  std::string node;
  breaker_word what;
};

/// That node is gone, and what it said with it.
struct speaker_gone {
  std::string node;
};

using permit_freed_atom = caf::atom_constant<caf::atom("freed")>;
using withdrawn_atom = caf::atom_constant<caf::atom("withdrawn")>;
using retire_atom = caf::atom_constant<caf::atom("retire")>;

/// The interface of a DEPENDENCY SUPERVISOR: it owns one protected dependency.
using dependency_actor = caf::typed_actor<
  // Admits a call that could not be admitted in its sender's thread.
  caf::reacts_to<std::shared_ptr<admission_request>>,
  // Counts a failed attempt and decides whether to try again.
  caf::reacts_to<std::shared_ptr<retry_request>>,
  // Counts attempts that did not fail; sent in batches.
  caf::reacts_to<attempt_outcomes>,
  // A place has become free while somebody waits.
  caf::reacts_to<permit_freed_atom>,
  // Somebody who waited has left the queue.
  caf::reacts_to<withdrawn_atom>,
  // Sets the breaker's mode.
  caf::reacts_to<breaker_mode_set>,
  // Half-trusts the dependency, or trusts it again; never more than before.
  caf::reacts_to<breaker_rumour>,
  // Forgets what that node has said.
  caf::reacts_to<speaker_gone>,
  // Takes new settings; breaker and bulkhead keep their state.
  caf::reacts_to<dependency_changed>,
  // Ends, once nothing is in flight: the dependency left the config.
  caf::reacts_to<retire_atom>,
  // INTERNAL: looks for waits that are over.
  caf::reacts_to<sweep_atom>>;

// -- supervisor ---------------------------------------------------------------

/// The interface of a plain SUPERVISOR.
using supervisor_actor = caf::typed_actor<
  // Starts one more child.
  caf::reacts_to<child_spec_ptr>>;

} // namespace caisson

CAF_ALLOW_UNSAFE_MESSAGE_TYPE(caisson::submission)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(caisson::client_left)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(caisson::job_finished)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(caisson::race_won)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(caisson::routes_changed)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(caisson::job_ptr)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(caisson::job_cancelled)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(caisson::admission)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(caisson::retry_verdict)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(caisson::attempt_event)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(caisson::dependency_changed)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(std::shared_ptr<caisson::admission_request>)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(std::shared_ptr<caisson::retry_request>)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(caisson::attempt_outcomes)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(caisson::breaker_mode_set)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(caisson::breaker_rumour)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(caisson::speaker_gone)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(caisson::child_spec_ptr)
