#include "actors/cluster/quota_errands.hpp"

#include "actors/cluster/errand.hpp"

namespace caisson {

namespace {

template <class Errand>
quota_reply carry(cluster_ptr self, const Errand& x) {
  auto whom = peer_named(self, x.to);
  return whom ? pass_on<quota_answer>(self, whom, quota_patience, x.what)
              : no_answer<quota_answer>(self);
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
  return whom ? pass_on<quota_answer>(self, whom, quota_patience, x)
              : no_answer<quota_answer>(self);
}

quota_reply on_change(cluster_ptr self, const quota_change& x) {
  auto whom = limiter_for(self, x);
  return whom ? pass_on<quota_answer>(self, whom, quota_patience, x)
              : no_answer<quota_answer>(self);
}

void on_recall(cluster_ptr self, const quota_recall& x) {
  if (auto whom = limiter_for(self, x))
    self->send(whom, x);
}

} // namespace caisson
