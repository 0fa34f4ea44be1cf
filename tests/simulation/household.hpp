#pragma once

#include <caf/resumable.hpp>

#include "tests/simulation/sight.hpp"

namespace caisson::simulation {

/// Learns who lives in the node from the scheduler's jobs: an actor is met when
/// its first job appears, its parent is whose step that was, its place in the
/// tree is the one that fills when it first runs.
class household {
public:
  household(sight& seen, census& places) : seen_(seen), places_(places) {
    // nop
  }

  /// The actor behind a job; nullptr: none.
  seen_actor* meet(caf::resumable* job);

  /// To be called around each step of an actor; those that were born in it are
  /// met after that.
  void before(seen_actor& who);
  void after(seen_actor& who);

  /// Its parent has ended, and its own end is under way.
  bool doomed(const seen_actor& who) const;

  /// What people call it: `a/worker-0#12`.
  static std::string label(const seen_actor& who);

private:
  void move_in(seen_actor& who);
  void find_place(seen_actor& who);

  sight& seen_;
  census& places_;
  bool deaths_ = false;
};

/// What kind of message that is, for people and for the digest.
std::string_view word_for(const caf::type_erased_tuple* content);

/// The permit that a message brings for an attempt.
std::optional<breaker_permit> permit_in(const taking& what);

} // namespace caisson::simulation
