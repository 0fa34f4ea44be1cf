#include "actors/cache/fetching.hpp"

#include <functional>
#include <utility>

#include <caf/send.hpp>

#include "actors/cache/far.hpp"
#include "actors/cache/near.hpp"
#include "actors/cache/reply.hpp"

namespace caisson {

namespace {

using self_ptr = cache_self;

constexpr millis sweep_every{20};
/// A leader has this long after its deadline to say how it went.
constexpr millis grace{1'000};

void deposit(self_ptr self, const std::string& key, const fetching& from,
             const cached_ptr& value, millis ttl) {
  auto& s = self->state;
  if (!from.mine)
    return;
  auto began = self->clock().now();
  auto heard = [self, began](const result<kv_value_ptr>& got) {
    auto& counters = *self->state.counters;
    counters.l2_set_took.observe(self->clock().now() - began);
    auto* stored = got ? (*got)->integer() : nullptr;
    if (stored && *stored == 0)
      counters.claim_lost.add();
  };
  ask_store(
    self, from.kind,
    deposit_of(key, from.token, *value, ttl, s.settings->stale_if_error),
    heard);
}

} // namespace

void in_turn(self_ptr self, cache_kind kind,
             std::function<void(std::function<void()>)> put) {
  if (kind != cache_kind::embeddings) {
    put([] {});
    return;
  }
  auto line = self->state.line;
  line->join([of = std::weak_ptr{line}, put = std::move(put)] {
    put([of] {
      auto line = of.lock();
      if (!line)
        return;
      line->done();
      line->advance();
    });
  });
  line->advance();
}

void ask_store(self_ptr self, cache_kind kind, kv_question what,
               kv_client::answer then) {
  in_turn(self, kind,
          [self, what = std::move(what),
           then = std::move(then)](const std::function<void()>& over) {
            ask_now(self, what, [then, over](result<kv_value_ptr> got) {
              then(std::move(got));
              over();
            });
          });
}

void ask_now(self_ptr self, kv_question what, kv_client::answer then,
             time_point by) {
  auto& s = self->state;
  auto now = self->clock().now();
  s.l2->ask(std::move(what), now,
            std::min(by, now + s.store->settings()->timeout), std::move(then));
}

void remember(self_ptr self, const std::string& key, const cached_ptr& value,
              millis ttl) {
  auto& s = self->state;
  auto fresh_until = self->clock().now() + std::min(ttl, s.settings->l1_ttl);
  auto kept_until = fresh_until + s.settings->stale_if_error;
  s.l1->put(key, value, value->weight(), fresh_until, kept_until);
  s.counters->publish(*s.l1);
}

void ensure_sweep(self_ptr self) {
  auto& s = self->state;
  if (s.sweeping || (s.flights.size() == 0 && s.aside.empty()))
    return;
  s.sweeping = true;
  self->delayed_send(self, sweep_every, sweep_atom::value);
}

std::string make_token(self_ptr self) {
  constexpr std::string_view digits = "0123456789abcdef";
  std::string out;
  for (auto i = 0; i < 2; ++i)
    for (auto word = self->state.random(), j = std::uint64_t{0}; j < 16; ++j) {
      out += digits[word & 15];
      word >>= 4;
    }
  if (auto& far = self->state.far)
    (out += '@') += far->self();
  return out;
}

void tell_store(self_ptr self, cache_kind kind, kv_question what) {
  if (self->state.l2)
    ask_store(self, kind, std::move(what), [](const result<kv_value_ptr>&) {});
}

void give_claim_back(self_ptr self, const std::string& key,
                     const fetching& from, const fault* why) {
  if (from.mine && self->state.l2)
    tell_store(self, from.kind, release_of(key, from.token, why));
  // A keeper whose word came too late holds the claim all the same.
  else if (!self->state.l2 && self->state.far && !from.token.empty()
           && from.followed.empty())
    release_at_keeper(self, key, from.token);
}

void fail_one(cache_lookup& who, const fault& why, const cached_ptr& stale) {
  if (stale && who.heard() == 0 && calls_for_stale(why))
    who.hit(stale, "stale");
  else
    who.fail(why);
}

void keep(self_ptr self, const std::string& key, const fetching& from,
          const cache_landed& news) {
  auto& s = self->state;
  auto refused = [&](metrics::counter& why) {
    why.add();
    give_claim_back(self, key, from);
  };
  if (!news.keep)
    refused(s.counters->unfit);
  else if (news.value->weight() > largest_cached)
    refused(s.counters->too_large);
  else if (!s.revoked.holds(key, from.stamp))
    refused(s.counters->invalidated);
  else {
    remember(self, key, news.value, news.ttl);
    if (s.l2)
      deposit(self, key, from, news.value, news.ttl);
    else
      give_claim_back(self, key, from);
  }
}

// -- flights ------------------------------------------------------------------

void close_if_empty(self_ptr self, const std::string& key) {
  auto& s = self->state;
  auto at = s.fetches.find(key);
  if (at == s.fetches.end() || s.flights.flies(key))
    return;
  give_claim_back(self, key, at->second);
  stop_following(self, key, at->second);
  s.fetches.erase(at);
}

std::shared_ptr<cache_lead> make_lead(self_ptr self, const std::string& key,
                                      std::uint64_t number, cache_kind kind,
                                      std::shared_ptr<answer_tape> tape) {
  auto me = caf::actor_cast<cache_actor>(self);
  return std::make_shared<cache_lead>(
    key, number, self->state.settings->ttl_of(kind),
    [me](cache_landed how) { caf::anon_send(me, std::move(how)); },
    std::move(tape));
}

namespace {

/// Sends who leads to fetch; by way of the semantic cache, where an answer to a
/// question that is near would do.
void send_out(self_ptr self, cache_lookup_ptr who,
              std::shared_ptr<cache_lead> lead, const cached_ptr& stale) {
  auto& s = self->state;
  auto near = s.plan.where->compares() ? who->what->near() : nullptr;
  if (near)
    caf::anon_send(s.plan.where->semantic(),
                   std::make_shared<near_search>(
                     std::move(near), std::move(who), std::move(lead), stale));
  else
    who->lead(std::move(lead), stale);
}

} // namespace

void tell_elsewhere(self_ptr self, const std::string& key) {
  self->state.flights.each_waiting(
    key, [](const cache_lookup_ptr& x) { x->elsewhere(); });
}

/// Who has heard a part of an earlier leader's stream is none of those.
void lead_next(self_ptr self, const std::string& key) {
  cut_off(self, key);
  auto& s = self->state;
  auto lease = [](const cache_lookup_ptr& x) { return x->deadline + grace; };
  while (auto next = s.flights.lead(key, lease)) {
    if (next->who->withdrawn()) {
      s.flights.lost(key, next->number);
      continue;
    }
    auto& from = s.fetches.at(key);
    stop_following(self, key, from);
    from.tape = std::make_shared<answer_tape>();
    from.leader = next->who->caller();
    note_waiting(self, key, from);
    send_out(self, std::move(next->who),
             make_lead(self, key, next->number, from.kind, from.tape),
             from.stale);
    tell_elsewhere(self, key);
    return;
  }
  close_if_empty(self, key);
}

} // namespace caisson
