#include "actors/cluster/quota_errands.hpp"

namespace caisson {

namespace {

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

namespace {

template <class Errand>
quota_reply carry(cluster_ptr self, const Errand& x) {
  auto at = self->state.peers.find(x.to);
  if (at == self->state.peers.end() || !at->second.whom)
    return told(self, {});
  return pass_on(self, at->second.whom, x.what);
}

} // namespace

quota_reply on_errand(cluster_ptr self, const quota_errand& x) {
  return carry(self, x);
}

quota_reply on_notice(cluster_ptr self, const quota_notice& x) {
  return carry(self, x);
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
  // Its own version is looked at by the limiter.
  if (!speaker(self, cluster_version, x.name) || !s.plan.limiter_of)
    return {};
  s.quotas.add();
  return s.plan.limiter_of(x.high, x.low);
}

} // namespace

quota_reply on_quota(cluster_ptr self, const quota_question& x) {
  auto whom = limiter_for(self, x);
  return whom ? pass_on(self, whom, x) : told(self, {});
}

quota_reply on_change(cluster_ptr self, const quota_change& x) {
  auto whom = limiter_for(self, x);
  return whom ? pass_on(self, whom, x) : told(self, {});
}

void on_recall(cluster_ptr self, const quota_recall& x) {
  if (auto whom = limiter_for(self, x))
    self->send(whom, x);
}

} // namespace caisson
