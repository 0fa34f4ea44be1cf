#pragma once

#include <caf/typed_response_promise.hpp>

#include "actors/cluster/cluster.hpp"

namespace caisson {

// What of values that are fetched once for all nodes goes through the cluster
// actor: between this node's cache and those of others. It decides nothing.

using flight_reply = caf::typed_response_promise<flight_grant>;

/// The cache asks another node's, and says.
flight_reply on_flight_errand(cluster_ptr self, const flight_errand& x);
void on_flight_post(cluster_ptr self, const flight_post& x);

/// Another node's cache asks, and says.
flight_reply on_claim(cluster_ptr self, const flight_claim& x);
void on_flight_word(cluster_ptr self, const flight_release& x);
void on_flight_word(cluster_ptr self, const flight_follow& x);
void on_flight_word(cluster_ptr self, const flight_leave& x);
void on_flight_word(cluster_ptr self, const flight_news& x);

} // namespace caisson
