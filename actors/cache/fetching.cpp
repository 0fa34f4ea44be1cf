#include "actors/cache/fetching.hpp"

#include <utility>

#include <caf/send.hpp>

#include "actors/cache/near.hpp"
#include "actors/cache/reply.hpp"

namespace caisson {

namespace {

using self_ptr = cache_self;

constexpr millis sweep_every{20};
/// Between two looks at what another node fetches.
constexpr millis longest_pause{250};
/// A leader has this long after its deadline to say how it went.
constexpr millis grace{1'000};

/// Puts as many of those in line to the store as may be under way.
void advance(self_ptr self) {
  self->state.line.advance([self](store_line::question next) {
    ask_now(self, std::move(next.what),
            [self, then = std::move(next.then)](result<kv_value_ptr> got) {
              self->state.line.done();
              then(std::move(got));
              advance(self);
            });
  });
}

/// What comes in crowds waits in line; what comes alone does not wait for it.
void ask_store(self_ptr self, cache_kind kind, kv_question what,
               kv_client::answer then) {
  if (kind != cache_kind::embeddings) {
    ask_now(self, std::move(what), std::move(then));
    return;
  }
  self->state.line.join(std::move(what), std::move(then));
  advance(self);
}

void deposit(self_ptr self, const std::string& key, const fetching& from,
             const cached_ptr& value, millis ttl) {
  auto& s = self->state;
  if (!s.l2 || !from.mine)
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
  return out;
}

void tell_store(self_ptr self, cache_kind kind, kv_question what) {
  if (self->state.l2)
    ask_store(self, kind, std::move(what), [](const result<kv_value_ptr>&) {});
}

void give_claim_back(self_ptr self, const std::string& key,
                     const fetching& from, const fault* why) {
  if (from.mine)
    tell_store(self, from.kind, release_of(key, from.token, why));
}

void fail_one(cache_lookup& who, const fault& why, const cached_ptr& stale) {
  if (stale && calls_for_stale(why))
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
    deposit(self, key, from, news.value, news.ttl);
  }
}

// -- flights ------------------------------------------------------------------

void close_if_empty(self_ptr self, const std::string& key) {
  auto& s = self->state;
  auto at = s.fetches.find(key);
  if (at == s.fetches.end() || s.flights.flies(key))
    return;
  give_claim_back(self, key, at->second);
  s.fetches.erase(at);
}

std::shared_ptr<cache_lead> make_lead(self_ptr self, const std::string& key,
                                      std::uint64_t number, cache_kind kind) {
  auto me = caf::actor_cast<cache_actor>(self);
  return std::make_shared<cache_lead>(
    key, number, self->state.settings->ttl_of(kind),
    [me](cache_landed how) { caf::anon_send(me, std::move(how)); });
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

/// Those who wait, and want several values, go on with the others.
void tell_elsewhere(self_ptr self, const std::string& key) {
  self->state.flights.each_waiting(
    key, [](const cache_lookup_ptr& x) { x->elsewhere(); });
}

} // namespace

void lead_next(self_ptr self, const std::string& key) {
  auto& s = self->state;
  auto lease = [](const cache_lookup_ptr& x) { return x->deadline + grace; };
  while (auto next = s.flights.lead(key, lease)) {
    if (next->who->withdrawn()) {
      s.flights.lost(key, next->number);
      continue;
    }
    auto& from = s.fetches.at(key);
    send_out(self, std::move(next->who),
             make_lead(self, key, next->number, from.kind), from.stale);
    tell_elsewhere(self, key);
    return;
  }
  close_if_empty(self, key);
}

// -- the second layer ---------------------------------------------------------

namespace {

void found_there(self_ptr self, const std::string& key,
                 const claim_answer& got) {
  auto& s = self->state;
  remember(self, key, got.value, got.left);
  land(self, key, [&](cache_lookup& who) {
    s.counters->saved_l2.add(got.value->tokens);
    who.hit(got.value, "l2");
  });
}

void poll_later(self_ptr self, fetching& from, const claim_answer& got) {
  from.waited_for = got.holder;
  std::uniform_real_distribution<double> spread{0.75, 1.25};
  auto pause
    = static_cast<double>(from.pause.count()) * spread(self->state.random);
  from.poll_at = self->clock().now() + millis{static_cast<millis::rep>(pause)};
  from.pause = std::min(longest_pause, from.pause * 3 / 2);
}

void count_store(self_ptr self, fetching& from, const claim_answer* got) {
  auto& counters = *self->state.counters;
  // A wait for another node is one miss, however often it is looked for.
  if (std::exchange(from.counted, true))
    return;
  if (got && got->garbage)
    counters.garbage.add();
  auto hit = got && got->how == claim_answer::kind::fresh && got->value;
  counters.l2(hit, from.kind);
}

void take_claim(self_ptr self, const std::string& key, fetching& from) {
  from.mine = true;
  from.renew_at = self->clock().now() + claim_lease / 3;
  lead_next(self, key);
}

void on_claim(self_ptr self, const std::string& key, fetching& from,
              const claim_answer& got) {
  using enum claim_answer::kind;
  if (got.how != fresh && got.value)
    from.stale = got.value;
  switch (got.how) {
    case fresh:
      if (got.value && self->state.revoked.holds(key, from.stamp))
        found_there(self, key, got);
      else
        ask_for(self, key, true);
      return;
    case mine:
      take_claim(self, key, from);
      return;
    case theirs:
      from.elsewhere = true;
      tell_elsewhere(self, key);
      poll_later(self, from, got);
      return;
    case failed:
      land(self, key, [&, stale = from.stale](cache_lookup& who) {
        fail_one(who, got.why, stale);
      });
      return;
  }
}

} // namespace

void ask_for(self_ptr self, const std::string& key, bool force) {
  auto& s = self->state;
  auto& from = s.fetches.at(key);
  auto number = ++s.last_question;
  auto began = self->clock().now();
  from.question = number;
  from.poll_at = time_point::max();
  if (force)
    from.stamp = s.revoked.stamp();
  auto heard = [self, key, number, began](const result<kv_value_ptr>& answer) {
    auto& s = self->state;
    s.counters->l2_get_took.observe(self->clock().now() - began);
    auto at = s.fetches.find(key);
    if (at == s.fetches.end() || at->second.question != number)
      return;
    auto& from = at->second;
    from.question = 0;
    auto got = answer ? read_claim(**answer) : std::nullopt;
    count_store(self, from, got ? &*got : nullptr);
    if (got)
      on_claim(self, key, from, *got);
    else // it is down: as if there were none
      lead_next(self, key);
  };
  ask_store(self, from.kind, claim_of(key, from.token, from.waited_for, force),
            heard);
}

} // namespace caisson
