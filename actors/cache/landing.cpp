// How the fetching of a value has ended, and who is told.
#include <utility>

#include "actors/cache/fetching.hpp"

namespace caisson {
namespace {

void on_landed_aside(cache_self self, const cache_landed& x) {
  auto at = self->state.aside.find(x.flight);
  if (at == self->state.aside.end())
    return;
  auto [key, from] = std::move(at->second);
  self->state.aside.erase(at);
  if (x.how == cache_landed::kind::fetched)
    keep(self, key, from, x);
  else
    give_claim_back(self, key, from);
}

/// Everybody has it.
void land_value(cache_self self, const cache_landed& x, fetching& from) {
  auto& s = self->state;
  auto took = from.tape->took();
  land_with(self, x.key, from.kind, x.value, x.layer, took);
  if (x.how == cache_landed::kind::likened) {
    // How near it is nobody could say on another node: that one looks itself.
    from.listeners.clear();
    give_claim_back(self, x.key, from);
    return;
  }
  auto keepable = x.keep && s.revoked.holds(x.key, from.stamp);
  auto fits = x.value->weight() <= largest_cached;
  for (auto& one : from.listeners)
    if (fits)
      one->value(*x.value, keepable, x.ttl, took);
    else
      one->unsayable(took);
  keep(self, x.key, from, x);
}

/// Who led is gone; others may wait.
void lose_lead(cache_self self, const cache_landed& x) {
  auto& s = self->state;
  give_up_lead(s.fetches.at(x.key));
  if (s.flights.lost(x.key, x.flight))
    lead_next(self, x.key);
  else
    close_if_empty(self, x.key);
}

} // namespace

void land_with(cache_self self, const std::string& key, cache_kind kind,
               const cached_ptr& value, std::string_view layer,
               const token_usage& took) {
  auto& counters = *self->state.counters;
  land(self, key, [&](cache_lookup& who) {
    if (value) {
      counters.coalesced(kind);
      counters.saved_by_flight.add(value->tokens);
    }
    if (who.heard() > 0)
      who.over(took);
    else if (value)
      who.hit(value, layer);
    else
      who.alone();
  });
}

void on_landed(cache_self self, const cache_landed& x) {
  auto& s = self->state;
  if (s.aside.contains(x.flight)) {
    on_landed_aside(self, x);
    return;
  }
  if (!s.flights.led_by(x.key, x.flight))
    return; // its lease was over: another leads, or has led
  relay(self, x.key);
  switch (x.how) {
    case cache_landed::kind::heard:
      return;
    case cache_landed::kind::lost:
      lose_lead(self, x);
      return;
    default:
      break;
  }
  // What is told below may bring the next question for the key.
  auto from = std::move(s.fetches.at(x.key));
  switch (x.how) {
    case cache_landed::kind::fetched:
    case cache_landed::kind::likened:
      land_value(self, x, from);
      return;
    case cache_landed::kind::unsayable:
      land_with(self, x.key, from.kind, nullptr, {}, from.tape->took());
      for (auto& one : from.listeners)
        one->unsayable(from.tape->took());
      s.counters->unfit.add();
      give_claim_back(self, x.key, from);
      return;
    default:
      land(self, x.key,
           [&](cache_lookup& who) { fail_one(who, x.why, from.stale); });
      for (auto& one : from.listeners)
        one->failed(x.why);
      give_claim_back(self, x.key, from, &x.why);
      return;
  }
}

} // namespace caisson
