#pragma once

#include <array>
#include <cstdint>
#include <memory>

#include <caf/allowed_unsafe_message_type.hpp>
#include <caf/replies_to.hpp>
#include <caf/typed_actor.hpp>

#include "actors/cluster/quota.hpp"
#include "actors/limits/accounts.hpp"
#include "actors/limits/book.hpp"
#include "actors/messages.hpp"

namespace caisson {

/// Whoever waits for a decision; called on the limiter's thread, once. Dropping
/// it undecided must be noticed by who waits: the reply guard.
class limit_reply {
public:
  virtual ~limit_reply() = default;
  virtual void decided(const standing& how) = 0;
};

/// May a client go on? Charges it, if so.
struct limit_question {
  limit_key who;
  bool known = false; ///< has an account that is never forgotten
  charges what;
  std::shared_ptr<limit_reply> to;
};

/// A charge turns out to have been too much or too little.
struct limit_settlement {
  limit_key who;
  bool known = false;
  charges reserved;
  /// What was really used of each of them.
  std::array<std::uint64_t, charges::capacity> used{};
  limit_source source = limit_source::memory;
  std::int64_t spent_at = 0; ///< see `standing`
};

/// Other limits hold from now on; what was spent stays spent.
struct limits_changed {
  std::shared_ptr<const limit_book> book;
  /// Clients without a key that a shard remembers.
  std::size_t most_strangers = 1;
  /// The dependency that keeps the counts; none: nodes do.
  compartment_ptr store;
  /// Without a store: all nodes of the cluster do it together.
  bool together = false;
};

/// The interface of a LIMITER SHARD: it decides for a part of the clients.
using limiter_actor = quota_keeper_actor::extend<
  // Decides, and tells who asked.
  caf::reacts_to<limit_question>,
  // Gives back, or charges what was too little.
  caf::reacts_to<limit_settlement>,
  // Takes new limits.
  caf::reacts_to<limits_changed>,
  // INTERNAL: the shared store has answered.
  caf::reacts_to<job_finished>,
  // INTERNAL: what is held beforehand may have to go back.
  caf::reacts_to<sweep_atom>>;

} // namespace caisson

CAF_ALLOW_UNSAFE_MESSAGE_TYPE(caisson::limit_question)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(caisson::limit_settlement)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(caisson::limits_changed)
