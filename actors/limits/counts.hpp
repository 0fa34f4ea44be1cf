#pragma once

#include <memory>

#include "actors/limits/limiter.hpp"

namespace caisson {

/// Where the windows of a shard's clients are kept: what of a limiter differs
/// by `limits.store`. Lives on the shard's thread, and shares its accounts with
/// whatever kept them before.
class limit_counts {
public:
  virtual ~limit_counts() = default;

  /// Decides, at once or later, and tells who asked.
  virtual void ask(const limit_question& x) = 0;

  /// Puts right what was charged.
  virtual void settle(const limit_settlement& x) = 0;

  /// What other nodes ask and say; nobody's business but a keeper's.
  virtual quota_answer answer(const quota_question&) { return {}; }
  virtual quota_answer change(const quota_change&) { return {}; }
  virtual void recall(const quota_recall&) {}

  virtual void on_finished(const job_finished&) {}
  virtual void sweep() {}
};

using limiter_ptr = limiter_actor::stateful_pointer<limiter_state>;

/// By this node, for itself.
std::shared_ptr<limit_counts> local_counts(limiter_ptr self);

/// By a store that nodes share; while it does not answer, by this node for its
/// configured share.
std::shared_ptr<limit_counts> store_counts(limiter_ptr self);

/// By the nodes of the cluster, each for some of the clients.
std::shared_ptr<limit_counts> peer_counts(limiter_ptr self);

/// By what holds now.
std::shared_ptr<limit_counts> counts_for(limiter_ptr self);

} // namespace caisson
