#pragma once

#include <chrono>
#include <string>

#include <caf/typed_response_promise.hpp>

#include "actors/cluster/cluster.hpp"

namespace caisson {

// Questions between actors of this node and of others go through the cluster
// actor, which decides nothing: what the errands have in common.

/// Passes a question on; without an answer in time it is for whoever asked to
/// decide.
template <class Answer, class Whom, class Question>
caf::typed_response_promise<Answer> pass_on(cluster_ptr self, const Whom& whom,
                                            std::chrono::milliseconds patience,
                                            const Question& what) {
  auto reply = self->make_response_promise<Answer>();
  self->request(whom, patience, what)
    .then([reply](const Answer& said) mutable { reply.deliver(said); },
          [reply](caf::error why) mutable { reply.deliver(std::move(why)); });
  return reply;
}

/// Who was asked knows nothing of it.
template <class Answer>
caf::typed_response_promise<Answer> no_answer(cluster_ptr self) {
  auto reply = self->make_response_promise<Answer>();
  reply.deliver(Answer{});
  return reply;
}

/// Nobody, where that node is not linked.
inline peer_actor peer_named(cluster_ptr self, const std::string& name) {
  auto at = self->state.peers.find(name);
  return at == self->state.peers.end() ? peer_actor{} : at->second.whom;
}

} // namespace caisson
