#include "actors/cache/lookup.hpp"

#include <utility>

#include <caf/send.hpp>

#include "actors/cache/messages.hpp"

namespace caisson {

// -- lookup -------------------------------------------------------------------

cache_lookup::~cache_lookup() {
  // Most are answered: they need not even write what would not be said.
  if (answered_)
    return;
  if (heard_ > 0)
    cut();
  else
    alone();
}

void cache_lookup::hit(cached_ptr value, std::string_view layer) {
  answer({.how = cache_verdict::kind::hit,
          .value = std::move(value),
          .layer = layer,
          .lead = nullptr,
          .why = {}});
}

void cache_lookup::lead(std::shared_ptr<cache_lead> by, cached_ptr stale) {
  answer({.how = cache_verdict::kind::lead,
          .value = std::move(stale),
          .layer = {},
          .lead = std::move(by),
          .why = {}});
}

void cache_lookup::alone() {
  answer({});
}

void cache_lookup::fail(const fault& why) {
  answer({.how = cache_verdict::kind::failed,
          .value = nullptr,
          .layer = {},
          .lead = nullptr,
          .why = why});
}

void cache_lookup::more(tape_piece_ptr what) {
  if (answered_)
    return;
  heard_ += what->events.size();
  cache_verdict word;
  word.id = id_;
  word.how = cache_verdict::kind::events;
  word.piece = std::move(what);
  caf::anon_send(from_, std::move(word));
}

void cache_lookup::over(const token_usage& took) {
  cache_verdict word;
  word.how = cache_verdict::kind::over;
  word.took = took;
  answer(std::move(word));
}

void cache_lookup::cut() {
  cache_verdict word;
  word.how = cache_verdict::kind::cut;
  answer(std::move(word));
}

void cache_lookup::elsewhere() {
  if (answered_ || !one_of_many_ || std::exchange(told_elsewhere_, true))
    return;
  cache_verdict word;
  word.id = id_;
  word.part = part_;
  word.how = cache_verdict::kind::elsewhere;
  caf::anon_send(from_, std::move(word));
}

void cache_lookup::answer(cache_verdict with) {
  if (std::exchange(answered_, true))
    return;
  with.id = id_;
  with.part = part_;
  caf::anon_send(from_, std::move(with));
}

// -- lead ---------------------------------------------------------------------

cache_lead::~cache_lead() {
  land({.key = {},
        .flight = 0,
        .how = cache_landed::kind::lost,
        .value = nullptr,
        .why = {}});
}

void cache_lead::fetched(cached_ptr value, bool keep, millis ttl) {
  land({.key = {},
        .flight = 0,
        .how = cache_landed::kind::fetched,
        .value = std::move(value),
        .keep = keep,
        .ttl = std::min(ttl, ttl_),
        .why = {}});
  if (keep && kept_)
    kept_();
}

void cache_lead::likened(cached_ptr value, std::string_view layer) {
  land({.key = {},
        .flight = 0,
        .how = cache_landed::kind::likened,
        .value = std::move(value),
        .layer = layer,
        .why = {}});
}

void cache_lead::unsayable() {
  land({.key = {},
        .flight = 0,
        .how = cache_landed::kind::unsayable,
        .value = nullptr,
        .why = {}});
}

void cache_lead::more(std::string_view events) {
  if (!landed_ && tape_->add(events))
    tell_({.key = key_,
           .flight = flight_,
           .how = cache_landed::kind::heard,
           .value = nullptr,
           .why = {}});
}

void cache_lead::failed(fault why) {
  land({.key = {},
        .flight = 0,
        .how = cache_landed::kind::failed,
        .value = nullptr,
        .why = std::move(why)});
}

void cache_lead::land(cache_landed how) {
  if (std::exchange(landed_, true))
    return;
  how.key = std::move(key_);
  how.flight = flight_;
  tell_(std::move(how));
}

} // namespace caisson
