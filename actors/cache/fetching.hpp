#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "actors/cache/cache.hpp"

namespace caisson {

// The steps of a value on its way, for the sources of the shard alone: who is
// sent for it, what the shared store says of it, where it is put.

using cache_self = cache_actor::stateful_pointer<cache_state>;

/// How the fetching of a value goes; in landing.cpp.
void on_landed(cache_self self, const cache_landed& x);

/// Has the shard look again, as long as anything is on its way.
void ensure_sweep(cache_self self);

/// A name for a claim that no other node makes up.
std::string make_token(cache_self self);

/// What comes in crowds waits in line; what comes alone does not wait for it.
/// `put` asks something, and calls what it is given when that is over.
void in_turn(cache_self self, cache_kind kind,
             std::function<void(std::function<void()>)> put);

/// Asks the store, in its turn.
void ask_store(cache_self self, cache_kind kind, kv_question what,
               kv_client::answer then);

/// Asks the store, no longer than its own time limit and than `by`;
/// waits in no line.
void ask_now(cache_self self, kv_question what, kv_client::answer then,
             time_point by = time_point::max());

/// Takes a value into the first layer.
void remember(cache_self self, const std::string& key, const cached_ptr& value,
              millis ttl);

/// Tells the store what changes nothing here, whatever comes of it.
void tell_store(cache_self self, cache_kind kind, kv_question what);

/// With a fault, those who wait on other nodes hear of it.
void give_claim_back(cache_self self, const std::string& key,
                     const fetching& from, const fault* why = nullptr);

/// The failure, or an expired value where that is better.
void fail_one(cache_lookup& who, const fault& why, const cached_ptr& stale);

/// Takes what was fetched into both layers, where it may be there.
void keep(cache_self self, const std::string& key, const fetching& from,
          const cache_landed& news);

/// A flight that nobody waits for any more is over.
void close_if_empty(cache_self self, const std::string& key);

std::shared_ptr<cache_lead> make_lead(cache_self self, const std::string& key,
                                      std::uint64_t number, cache_kind kind,
                                      std::shared_ptr<answer_tape> tape);

/// Sends the next of those who wait to fetch.
void lead_next(cache_self self, const std::string& key);

/// Those who wait, and want several values, go on with the others.
void tell_elsewhere(cache_self self, const std::string& key);

/// Everybody who waits is told the same, and the flight is over.
template <class Tell>
void land(cache_self self, const std::string& key, const Tell& tell) {
  for (auto& who : self->state.flights.land(key))
    tell(*who);
  self->state.fetches.erase(key);
}

/// It is here, whoever has fetched it: who has heard it as a stream has all of
/// it. No value: it can be handed to nobody. In landing.cpp.
void land_with(cache_self self, const std::string& key, cache_kind kind,
               const cached_ptr& value, std::string_view layer,
               const token_usage& took);

// -- who fetches; in claiming.cpp ---------------------------------------------

/// Asks for the claim, and the store for the value as well.
void ask_for(cache_self self, const std::string& key, claim_reach how);

/// The word of a key's keeper: the token of who fetches; empty: nobody can say.
void on_holder(cache_self self, const std::string& key, fetching& from,
               const std::string& holder);

// -- who listens; in listening.cpp --------------------------------------------

/// Whoever fetched it is lost: who has heard a part of it goes on for himself,
/// here and on other nodes.
void cut_off(cache_self self, const std::string& key);

/// That was another node's: the others ask anew.
void leader_lost(cache_self self, const std::string& key, claim_reach how);

/// Who led it is gone; other nodes that wait for it ask anew.
inline void give_up_lead(fetching& from) {
  from.leader.reset();
  from.listeners.clear();
}

/// Who waits for what is led here may have changed.
void note_waiting(cache_self self, const std::string& key, fetching& from);

/// What is new on the tape, to all who listen.
void relay(cache_self self, const std::string& key);

/// Says what there is for a key; in peek.cpp.
void peek(cache_self self, const cache_peek_ptr& x);

} // namespace caisson
