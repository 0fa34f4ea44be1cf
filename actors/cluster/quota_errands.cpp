#include "actors/cluster/quota_errands.hpp"

namespace caisson {

namespace {

/// Who asks waits no longer (actors/limits/peer_counts.cpp).
constexpr millis quota_patience{40};

/// Passes a question on; without an answer it is for whoever asked to decide.
template <class Whom, class Question>
quota_reply pass_on(cluster_ptr self, const Whom& whom, const Question& what) {
  auto reply = self->make_response_promise<quota_answer>();
  self->request(whom, quota_patience, what)
    .then([reply](const quota_answer& said) mutable { reply.deliver(said); },
          [reply](caf::error why) mutable { reply.deliver(std::move(why)); });
  return reply;
}

quota_reply told(cluster_ptr self, const quota_answer& what) {
  auto reply = self->make_response_promise<quota_answer>();
  reply.deliver(what);
  return reply;
}

} // namespace

quota_reply on_errand(cluster_ptr self, const quota_errand& x) {
  auto at = self->state.peers.find(x.to);
  if (at == self->state.peers.end() || !at->second.whom)
    return told(self, {});
  return pass_on(self, at->second.whom, x.what);
}

void on_notice(cluster_ptr self, const quota_notice& x) {
  auto at = self->state.peers.find(x.to);
  if (at != self->state.peers.end() && at->second.whom)
    self->send(at->second.whom, x.what);
}

void on_call(cluster_ptr self, const quota_call& x) {
  for (auto& [name, peer] : self->state.peers)
    if (peer.whom)
      self->send(peer.whom, x.what);
}

namespace {

/// The limiter for whom a peer means it; none where there is none, or it is no
/// peer.
template <class Message>
quota_keeper_actor limiter_for(cluster_ptr self, const Message& x) {
  auto& s = self->state;
  if (!speaker(self, x.version, x.name) || !s.plan.limiter_of)
    return {};
  s.quotas.add();
  return s.plan.limiter_of(x.high, x.low);
}

} // namespace

quota_reply on_quota(cluster_ptr self, const quota_question& x) {
  auto whom = limiter_for(self, x);
  return whom ? pass_on(self, whom, x) : told(self, {});
}

void on_change(cluster_ptr self, const quota_change& x) {
  if (auto whom = limiter_for(self, x))
    self->send(whom, x);
}

void on_recall(cluster_ptr self, const quota_recall& x) {
  if (auto whom = limiter_for(self, x))
    self->send(whom, x);
}

} // namespace caisson
