#include "actors/cluster/flight_errands.hpp"

#include <variant>

#include "actors/cluster/errand.hpp"

namespace caisson {

namespace {

/// The cache shard for which a peer means it; none where there is none, or it
/// is no peer.
template <class Message>
flight_desk_actor desk_for(cluster_ptr self, const Message& x) {
  auto& s = self->state;
  // Its own version is looked at by the cache.
  if (!speaker(self, cluster_version, x.name) || !s.plan.flights_of)
    return {};
  s.flights.add();
  return s.plan.flights_of(x.key);
}

template <class Message>
void pass_word(cluster_ptr self, const Message& x) {
  if (auto whom = desk_for(self, x))
    self->send(whom, x);
}

/// Who is not linked fetches nothing for this node.
void tell_unknown(cluster_ptr self, const std::string& to,
                  const flight_follow& x) {
  auto told = nothing_fetched(x);
  told.name = to;
  if (auto& desk = self->state.plan.flights_of)
    if (auto whom = desk(x.key))
      self->send(whom, std::move(told));
}

} // namespace

flight_reply on_flight_errand(cluster_ptr self, const flight_errand& x) {
  auto whom = peer_named(self, x.to);
  return whom ? pass_on<flight_grant>(self, whom, claim_patience, x.what)
              : no_answer<flight_grant>(self);
}

void on_flight_post(cluster_ptr self, const flight_post& x) {
  auto whom = peer_named(self, x.to);
  if (whom)
    std::visit([&](auto& what) { self->send(whom, what); }, x.what);
  else if (auto* follow = std::get_if<flight_follow>(&x.what))
    tell_unknown(self, x.to, *follow);
}

flight_reply on_claim(cluster_ptr self, const flight_claim& x) {
  auto whom = desk_for(self, x);
  return whom ? pass_on<flight_grant>(self, whom, claim_patience, x)
              : no_answer<flight_grant>(self);
}

void on_flight_word(cluster_ptr self, const flight_release& x) {
  pass_word(self, x);
}

void on_flight_word(cluster_ptr self, const flight_follow& x) {
  pass_word(self, x);
}

void on_flight_word(cluster_ptr self, const flight_leave& x) {
  pass_word(self, x);
}

void on_flight_word(cluster_ptr self, const flight_news& x) {
  pass_word(self, x);
}

} // namespace caisson
