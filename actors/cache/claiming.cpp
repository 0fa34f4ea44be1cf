// Who is to fetch a value, and what there is of it elsewhere: asked of the
// shared store, or of the key's keeper.
#include <algorithm>
#include <random>
#include <utility>

#include "actors/cache/far.hpp"
#include "actors/cache/fetching.hpp"

namespace caisson {

namespace {

/// Between two looks at what another node fetches.
constexpr millis longest_pause{250};

void found_there(cache_self self, const std::string& key,
                 const claim_answer& got) {
  auto& s = self->state;
  remember(self, key, got.value, got.left);
  land(self, key, [&](cache_lookup& who) {
    s.counters->saved_l2.add(got.value->tokens);
    who.hit(got.value, "l2");
  });
}

void poll_later(cache_self self, fetching& from) {
  std::uniform_real_distribution<double> spread{0.75, 1.25};
  auto pause
    = static_cast<double>(from.pause.count()) * spread(self->state.random);
  from.poll_at = self->clock().now() + millis{static_cast<millis::rep>(pause)};
  from.pause = std::min(longest_pause, from.pause * 3 / 2);
}

void count_store(cache_self self, fetching& from, const claim_answer* got) {
  auto& counters = *self->state.counters;
  // A wait for another node is one miss, however often it is looked for.
  if (std::exchange(from.counted, true))
    return;
  if (got && got->garbage)
    counters.garbage.add();
  auto hit = got && got->how == claim_answer::kind::fresh && got->value;
  counters.l2(hit, from.kind);
}

/// A claim that is this shard's own, as the key has no other, and of nothing
/// that it fetches: of an actor before it, or of an answer that came too late.
bool is_left_over(cache_self self, const std::string& token) {
  auto& s = self->state;
  if (!s.far || node_of_token(token) != s.far->self())
    return false;
  return std::none_of(s.aside.begin(), s.aside.end(),
                      [&](auto& x) { return x.second.second.token == token; });
}

void take_claim(cache_self self, const std::string& key, fetching& from) {
  from.mine = true;
  from.renew_at = self->clock().now() + claim_lease / 3;
  lead_next(self, key);
}

void take_word(cache_self self, const std::string& key, fetching& from,
               const claim_answer& got) {
  using enum claim_answer::kind;
  if (got.how != fresh && got.value)
    from.stale = got.value;
  switch (got.how) {
    case fresh:
      if (got.value && self->state.revoked.holds(key, from.stamp))
        found_there(self, key, got);
      else
        ask_for(self, key, claim_reach::any);
      return;
    case mine:
      take_claim(self, key, from);
      return;
    case theirs:
      from.waited_for = got.holder;
      from.listeners.clear(); // who was told that it is here asks again
      if (is_left_over(self, got.holder)) {
        ask_for(self, key, claim_reach::waited_for);
        return;
      }
      from.elsewhere = true;
      tell_elsewhere(self, key);
      if (!follow(self, key, from, got.holder))
        poll_later(self, from);
      return;
    case failed:
      land(self, key, [&, stale = from.stale](cache_lookup& who) {
        fail_one(who, got.why, stale);
      });
      return;
  }
}

} // namespace

void on_holder(cache_self self, const std::string& key, fetching& from,
               const std::string& holder) {
  if (holder.empty()) {
    lead_next(self, key);
    return;
  }
  claim_answer got;
  got.how = holder == from.token ? claim_answer::kind::mine
                                 : claim_answer::kind::theirs;
  got.holder = holder;
  take_word(self, key, from, got);
}

namespace {

void ask_the_store(cache_self self, const std::string& key, claim_reach how) {
  auto& s = self->state;
  auto& from = s.fetches.at(key);
  auto began = self->clock().now();
  auto heard = [self, key, number = from.question,
                began](const result<kv_value_ptr>& answer) {
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
      take_word(self, key, from, *got);
    else // it is down: as if there were none
      lead_next(self, key);
  };
  ask_store(self, from.kind, claim_of(key, from.token, from.waited_for, how),
            heard);
}

} // namespace

void ask_for(cache_self self, const std::string& key, claim_reach how) {
  auto& s = self->state;
  auto& from = s.fetches.at(key);
  from.question = ++s.last_question;
  from.poll_at = time_point::max();
  if (how == claim_reach::any)
    from.stamp = s.revoked.stamp();
  if (s.l2)
    ask_the_store(self, key, how);
  else if (s.far)
    in_turn(self, from.kind,
            [self, key, number = from.question,
             how](const std::function<void()>& over) {
              ask_keeper(self, key, number, how, over);
            });
  else
    lead_next(self, key);
}

} // namespace caisson
