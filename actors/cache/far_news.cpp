// What one node tells another of a value that it fetches.
#include "actors/cache/far.hpp"
#include "actors/cache/fault_form.hpp"
#include "actors/cache/stored_form.hpp"

namespace caisson {

// -- who else waits -----------------------------------------------------------

namespace {

/// Whether that is fetched here, or will be: who follows may have heard of it
/// before this node has. Not what is from before an invalidation.
bool is_told_of(cache_self self, const flight_follow& x, const fetching& from) {
  return from.token == x.token && (from.leader || from.question != 0)
         && self->state.revoked.holds(x.key, from.stamp);
}

/// That node hears no more of it, and knows.
void drop_listener(fetching& from, const std::string& node) {
  std::erase_if(from.listeners, [&](auto& one) {
    if (one->node() != node)
      return false;
    one->left();
    return true;
  });
}

} // namespace

void on_follow(cache_self self, const flight_follow& x) {
  auto& s = self->state;
  if (!s.far || x.version != flight_version)
    return;
  auto at = s.fetches.find(x.key);
  if (at != s.fetches.end() && is_told_of(self, x, at->second)) {
    auto& from = at->second;
    on_leave(self, {flight_version, x.name, x.key, x.token});
    from.listeners.push_back(std::make_unique<far_listener>(*s.far, x));
    from.listeners.back()->accept();
    note_waiting(self, x.key, from);
    relay(self, x.key);
    return;
  }
  // It may have come home while the other was on its way.
  auto found = s.l1->get(x.key, self->clock().now());
  if (found && found->fresh)
    far_listener{*s.far, x}.value(*found->value, false, {}, {});
  else
    s.far->post(x.name, nothing_fetched(x));
}

void on_leave(cache_self self, const flight_leave& x) {
  auto at = self->state.fetches.find(x.key);
  if (at == self->state.fetches.end() || at->second.token != x.token)
    return;
  drop_listener(at->second, x.name);
}

// -- what another fetches -----------------------------------------------------

namespace {

/// Who follows and hears nothing asks again, whom to follow.
constexpr millis follow_patience{250};

void begin_to_follow(cache_self self, const std::string& key, fetching& from,
                     const std::string& token) {
  auto& s = self->state;
  from.followed = token;
  from.follow = ++s.last_follow;
  from.accepted = false;
  from.said.clear();
  from.tape = std::make_shared<answer_tape>();
  from.tape->listen();
  from.poll_at = self->clock().now() + follow_patience;
  flight_follow what;
  what.key = key;
  what.token = token;
  what.number = from.follow;
  s.flights.each_waiting(key, [&](const cache_lookup_ptr& x) {
    what.streams = what.streams || x->listens();
  });
  from.follows_stream = what.streams;
  s.far->post(std::string{node_of_token(token)}, std::move(what));
}

} // namespace

bool follow(cache_self self, const std::string& key, fetching& from,
            const std::string& token) {
  auto& s = self->state;
  auto node = node_of_token(token);
  if (!s.far || node.empty() || node == s.far->self() || !s.far->knows(node)
      || !s.far->line())
    return false;
  if (from.followed != token || !from.accepted)
    begin_to_follow(self, key, from, token);
  return true;
}

/// What was said so far was not told to anybody here.
void follow_stream(cache_self self, const std::string& key, fetching& from) {
  if (!from.followed.empty() && !from.follows_stream && from.said.empty())
    begin_to_follow(self, key, from, std::string{from.followed});
}

void stop_following(cache_self self, const std::string& key, fetching& from) {
  if (from.followed.empty())
    return;
  flight_leave what;
  what.key = key;
  what.token = std::exchange(from.followed, {});
  self->state.far->post(std::string{node_of_token(what.token)}, what);
}

namespace {

token_usage took_of(const flight_news& x) {
  token_usage out;
  out.known = x.counted;
  out.input = x.input;
  out.output = x.output;
  out.cached_input = x.cached_input;
  return out;
}

void hear_events(cache_self self, const std::string& key, fetching& from,
                 const flight_news& x) {
  from.tape->begin(x.source, x.model);
  from.tape->add(std::exchange(from.said, {}));
  relay(self, key);
}

void hear_value(cache_self self, const std::string& key, const fetching& from,
                const flight_news& x) {
  auto& s = self->state;
  auto value = read_stored(from.said);
  auto keep = value && x.keep && s.revoked.holds(key, from.stamp);
  land_with(self, key, from.kind, value, {}, took_of(x));
  if (keep)
    remember(self, key, value, millis{x.ttl_ms});
}

/// A text may be as long as a value is, in pieces: of what is longer nothing is
/// believed.
bool collect(fetching& from, const flight_news& x) {
  constexpr auto most = 4 * largest_cached;
  if (x.text.size() > longest_flight_text
      || from.said.size() + x.text.size() > most)
    return false;
  from.said += x.text;
  return true;
}

} // namespace

void on_news(cache_self self, const flight_news& x) {
  auto& s = self->state;
  if (!s.far || x.version != flight_version)
    return;
  auto at = s.fetches.find(x.key);
  if (at == s.fetches.end() || at->second.followed != x.token
      || node_of_token(x.token) != x.name) {
    // Whoever followed it here is gone without a word.
    s.far->post(x.name, flight_leave{flight_version, {}, x.key, x.token});
    return;
  }
  auto& from = at->second;
  if (x.number != from.follow)
    return; // all of it is told again
  from.poll_at = time_point::max();
  from.accepted = true;
  auto believed = x.what < flight_step_count && collect(from, x);
  if (believed && x.more)
    return;
  auto step
    = believed ? static_cast<flight_step>(x.what) : flight_step::unknown;
  switch (step) {
    case flight_step::followed:
      return;
    case flight_step::events:
      hear_events(self, x.key, from, x);
      return;
    case flight_step::value:
    case flight_step::unsayable:
      hear_value(self, x.key, from, x);
      return;
    case flight_step::failed:
      land(self, x.key,
           [why = read_fault(from.said), stale = from.stale](
             cache_lookup& who) { fail_one(who, why, stale); });
      return;
    case flight_step::lost:
      leader_lost(self, x.key, claim_reach::none);
      return;
    case flight_step::unknown:
      leader_lost(self, x.key, claim_reach::waited_for);
      return;
  }
}

void on_gone(cache_self self, const speaker_gone& x) {
  auto& s = self->state;
  if (!s.far)
    return;
  s.far->held.gone(x.node);
  std::vector<std::string> lost;
  for (auto& [key, from] : s.fetches) {
    drop_listener(from, x.node);
    if (!from.followed.empty() && node_of_token(from.followed) == x.node)
      lost.push_back(key);
  }
  for (auto& key : lost)
    leader_lost(self, key, claim_reach::waited_for);
}

} // namespace caisson
