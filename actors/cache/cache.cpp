#include "actors/cache/cache.hpp"

#include <utility>

#include "actors/cache/far.hpp"
#include "actors/cache/fetching.hpp"
#include "actors/cache/purge.hpp"

namespace caisson {
namespace {

using self_ptr = cache_self;

/// The asker fetches whatever there is, and its answer replaces that.
void fetch_aside(self_ptr self, const cache_lookup_ptr& x) {
  auto& s = self->state;
  auto& key = x->what->key;
  auto number = ++s.last_aside;
  fetching from;
  from.stamp = s.revoked.stamp();
  from.kind = x->what->kind;
  if (s.l2 && x->what->keeps) {
    from.token = make_token(self);
    from.mine = true;
    from.renew_at = self->clock().now() + claim_lease / 3;
    tell_store(self, from.kind,
               claim_of(key, from.token, {}, claim_reach::any));
  }
  s.aside.emplace(number, std::pair{key, std::move(from)});
  x->lead(make_lead(self, key, number, x->what->kind,
                    std::make_shared<answer_tape>()),
          nullptr);
}

void open_flight(self_ptr self, const std::string& key, cache_kind kind,
                 cached_ptr stale) {
  auto& s = self->state;
  auto& from = s.fetches[key];
  from.stamp = s.revoked.stamp();
  from.kind = kind;
  from.elsewhere = false;
  from.stale = std::move(stale);
  if (s.l2 || s.far)
    from.token = make_token(self);
  ask_for(self, key, claim_reach::none);
}

/// It is on its way already: who wants a stream hears what was said of it.
void join_flight(self_ptr self, const cache_lookup_ptr& x, fetching& from) {
  auto& key = x->what->key;
  if (from.elsewhere || !self->state.flights.leaderless(key))
    x->elsewhere();
  if (from.leader)
    from.tape->want(true);
  if (!x->listens() || !from.tape)
    return;
  from.tape->listen();
  follow_stream(self, key, from);
  if (auto so_far = from.tape->take(0))
    x->more(std::move(so_far));
}

void on_lookup(self_ptr self, const cache_lookup_ptr& x) {
  auto& s = self->state;
  auto now = self->clock().now();
  auto& key = x->what->key;
  auto kind = x->what->kind;
  auto flight = s.fetches.find(key);
  // What is on its way from before an invalidation is not for later askers.
  auto outdated
    = flight != s.fetches.end() && !s.revoked.holds(key, flight->second.stamp);
  if (!x->what->looks || outdated) {
    fetch_aside(self, x);
    ensure_sweep(self);
    return;
  }
  auto found = s.l1->get(key, now);
  auto fresh = found && found->fresh;
  s.counters->l1(fresh, kind);
  s.counters->l1_took.observe(now - x->began);
  if (fresh) {
    s.counters->saved_l1.add(found->value->tokens);
    x->hit(std::move(found->value), "l1");
    return;
  }
  if (s.flights.join(key, x))
    open_flight(self, key, kind, found ? std::move(found->value) : nullptr);
  else
    join_flight(self, x, flight->second);
  ensure_sweep(self);
}

void on_invalidated(self_ptr self, const cache_invalidated& x) {
  auto& s = self->state;
  s.revoked.revoke(x.prefix);
  s.l1->forget(x.prefix);
  if (s.far)
    s.far->held.forget(x.prefix);
  for (auto& [key, from] : s.fetches)
    if (key.starts_with(x.prefix))
      from.stale = nullptr;
  s.counters->publish(*s.l1);
  auto done = x.done ? x.done : [](bool) {};
  if (x.spread && s.l2)
    purge(
      *s.l2, x.prefix, [self] { return self->clock().now(); },
      s.store->settings()->timeout, done);
  else
    done(true);
}

void on_changed(self_ptr self, const cache_changed& x) {
  auto& s = self->state;
  s.settings = x.settings;
  // As each key has one shard, so each shard has its part of the bounds.
  auto shards = s.plan.where->size();
  lru_store<cached_ptr>::bounds most{(x.settings->l1_entries + shards - 1)
                                       / shards,
                                     x.settings->l1_bytes / shards};
  if (!x.settings->enabled)
    most = {};
  if (s.l1)
    s.l1->set_bounds(most);
  else
    s.l1.emplace(most);
  s.counters->publish(*s.l1);
  if (s.store == x.store)
    return;
  s.store = x.store;
  // Questions under way at the old one have nobody to answer: as if it had
  // failed.
  std::vector<std::string> asked;
  for (auto& [key, from] : s.fetches) {
    from.mine = false;
    if (!from.followed.empty())
      continue; // it is heard of, whatever store there is
    from.poll_at = time_point::max();
    if (std::exchange(from.question, 0) != 0 || s.flights.leaderless(key))
      asked.push_back(key);
  }
  for (auto& [number, what] : s.aside)
    what.second.mine = false;
  s.line = std::make_shared<store_line>();
  s.l2 = s.store
           ? std::make_unique<kv_client>(caf::actor_cast<job_owner_actor>(self),
                                         s.store, s.plan.number)
           : nullptr;
  for (auto& key : asked)
    lead_next(self, key);
}

/// Whose time is up, and who has left.
void tidy_waiting(self_ptr self, time_point now) {
  auto& s = self->state;
  auto gone = s.flights.withdraw([&](const cache_lookup_ptr& x) {
    return x->withdrawn() || now >= x->deadline;
  });
  auto late
    = make_fault(errc::deadline_exceeded, "the request's deadline has passed");
  for (auto& x : gone) {
    auto at = s.fetches.find(x->what->key);
    fail_one(*x, late, at == s.fetches.end() ? nullptr : at->second.stale);
  }
}

void tend(self_ptr self, const std::string& key, fetching& from,
          time_point now) {
  if (!from.mine || now < from.renew_at)
    return;
  from.renew_at = now + claim_lease / 3;
  if (self->state.l2)
    tell_store(self, from.kind, renewal_of(key, from.token));
  else if (self->state.far)
    renew_at_keeper(self, key, from.token);
}

void on_sweep(self_ptr self) {
  auto& s = self->state;
  s.sweeping = false;
  auto now = self->clock().now();
  tidy_waiting(self, now);
  for (auto& key : s.flights.expire(now)) {
    give_up_lead(s.fetches.at(key));
    lead_next(self, key);
  }
  std::vector<std::string> over, due;
  for (auto& [key, from] : s.fetches) {
    tend(self, key, from, now);
    note_waiting(self, key, from);
    if (!s.flights.flies(key))
      over.push_back(key);
    else if (now >= from.poll_at)
      due.push_back(key);
  }
  for (auto& key : over)
    close_if_empty(self, key);
  for (auto& key : due)
    ask_for(self, key, claim_reach::none);
  for (auto& [number, what] : s.aside)
    tend(self, what.first, what.second, now);
  ensure_sweep(self);
}

} // namespace

cache_actor::behavior_type cache(self_ptr self, cache_plan plan) {
  auto& s = self->state;
  s.plan = std::move(plan);
  s.random.seed(s.plan.seed);
  if (s.plan.circle)
    s.far.emplace(*s.plan.circle);
  s.counters.emplace(*s.plan.home->metrics,
                     s.plan.where->of_shard(s.plan.number));
  on_changed(self, {s.plan.where->settings(), s.plan.where->store()});
  return {
    [self](const cache_lookup_ptr& x) { on_lookup(self, x); },
    [self](const cache_landed& x) { on_landed(self, x); },
    [self](const cache_peek_ptr& x) { peek(self, x); },
    [self](const job_finished& x) {
      if (self->state.l2)
        self->state.l2->on_finished(x);
    },
    [self](const cache_invalidated& x) { on_invalidated(self, x); },
    [self](const cache_changed& x) { on_changed(self, x); },
    [self](sweep_atom) { on_sweep(self); },
    [self](const flight_claim& x) { return on_claim(self, x); },
    [self](const flight_release& x) { on_release(self, x); },
    [self](const flight_follow& x) { on_follow(self, x); },
    [self](const flight_leave& x) { on_leave(self, x); },
    [self](const flight_news& x) { on_news(self, x); },
    [self](const speaker_gone& x) { on_gone(self, x); },
  };
}

cache_actor start_cache(cache_plan plan, placement where, record_ptr place) {
  auto home = plan.home;
  return launch<cache_actor, cache_state>(
    *home->system, where, std::move(place), home->log,
    [plan = std::move(plan)](auto* self) { return cache(self, plan); });
}

} // namespace caisson
