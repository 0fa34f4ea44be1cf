#pragma once

#include <caf/typed_response_promise.hpp>

#include "actors/cluster/cluster.hpp"

namespace caisson {

// What of limits goes through the cluster actor: between this node's limiters
// and those of others. It decides nothing, and remembers nothing.
//
//   limiter ─errand─► cluster ══question══► cluster ──► limiter that keeps it
//      ▲                 │  ◄═════answer══════  │  ◄────────┘
//      └─────────────────┘

using quota_reply = caf::typed_response_promise<quota_answer>;

/// A limiter asks another node's.
quota_reply on_errand(cluster_ptr self, const quota_errand& x);
quota_reply on_notice(cluster_ptr self, const quota_notice& x);
void on_call(cluster_ptr self, const quota_call& x);

/// Another node's limiter asks, and says.
quota_reply on_quota(cluster_ptr self, const quota_question& x);
quota_reply on_change(cluster_ptr self, const quota_change& x);
void on_recall(cluster_ptr self, const quota_recall& x);

} // namespace caisson
