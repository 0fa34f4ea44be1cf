// Who listens to a value on its way: told as it comes, cut off where it is
// lost.
#include <algorithm>
#include <utility>

#include <caf/send.hpp>

#include "actors/cache/fetching.hpp"

namespace caisson {

void note_waiting(cache_self self, const std::string& key, fetching& from) {
  if (!from.leader)
    return;
  auto& flights = self->state.flights;
  auto listens = std::any_of(from.listeners.begin(), from.listeners.end(),
                             [](auto& x) { return x->streams; });
  flights.each_waiting(
    key, [&](const cache_lookup_ptr& x) { listens = listens || x->listens(); });
  if (listens)
    from.tape->listen();
  auto some = flights.waiting(key) > 0 || !from.listeners.empty();
  auto had = from.tape->wanted();
  from.tape->want(some);
  if (had && !some) {
    cache_verdict word;
    word.id = from.leader->id;
    word.how = cache_verdict::kind::unwanted;
    caf::anon_send(from.leader->who, std::move(word));
  }
}

void relay(cache_self self, const std::string& key) {
  auto& s = self->state;
  auto at = s.fetches.find(key);
  if (at == s.fetches.end() || !at->second.tape)
    return;
  auto& tape = *at->second.tape;
  auto end = tape.end();
  // Most have heard all but the last of it: those share one piece.
  std::size_t from = 0;
  tape_piece_ptr piece;
  auto tell = [&](auto& x) {
    if (!piece || x.heard() != from) {
      from = x.heard();
      piece = tape.take(from);
    }
    return piece;
  };
  s.flights.each_waiting(key, [&](const cache_lookup_ptr& x) {
    if (x->listens() && !x->withdrawn() && tell(*x))
      x->more(piece);
  });
  for (auto& x : at->second.listeners)
    if (x->streams && tell(*x))
      x->more(*piece);
  tape.heard(end);
}

void cut_off(cache_self self, const std::string& key) {
  relay(self, key);
  for (auto& x : self->state.flights.take(
         key, [](const cache_lookup_ptr& x) { return x->heard() > 0; }))
    x->cut();
  if (auto at = self->state.fetches.find(key); at != self->state.fetches.end())
    std::erase_if(at->second.listeners, [](auto& x) { return x->heard() > 0; });
}

void leader_lost(cache_self self, const std::string& key, claim_reach how) {
  auto& s = self->state;
  auto at = s.fetches.find(key);
  if (at == s.fetches.end())
    return;
  cut_off(self, key);
  auto& from = at->second;
  from.followed.clear();
  from.said.clear();
  from.tape = nullptr;
  if (s.flights.waiting(key) > 0) {
    ask_for(self, key, how);
    return;
  }
  s.flights.land(key);
  close_if_empty(self, key);
}

} // namespace caisson
