// A request's way along its chain, step by step; front_end.cpp says when.
#include "actors/chain_walk.hpp"

#include <algorithm>
#include <utility>

#include "actors/chain_rules.hpp"
#include "actors/hedging.hpp"
#include "actors/telemetry/families.hpp"

namespace caisson {
namespace {

using self_ptr = front_end_self;
using errand = request::errand;

constexpr millis sweep_every{20};
/// A job that was lost with its actor is put again when that is back; one that
/// may have crashed it, when those that were lost with it have had their turn.
constexpr millis restart_patience{40};
constexpr millis suspect_patience{160};
/// So often is a request put again before it is given up with the actors that
/// it was lost with: more often than one that crashes them (poison_ledger.hpp).
constexpr std::uint32_t most_losses = 3;
constexpr std::uint32_t most_crashes = 3;

} // namespace

void dispatch(self_ptr self, std::uint64_t id, const target& to, ticket place) {
  auto& s = self->state;
  auto& r = s.requests.at(id);
  auto number = ++r.last_lane;
  auto fe = caf::actor_cast<front_end_actor>(self);
  auto client = r.client;
  std::shared_ptr<std::uint32_t> tally;
  if (r.shared) {
    client = r.shared->lane(number);
    tally = {r.shared, &r.shared->attempts};
  }
  r.model = to.model;
  auto next = std::make_shared<job>(
    job::order{fe, id, r.what, std::move(client), to.where, to.model,
               r.next < r.where->targets.size(), r.attempts, std::move(place),
               number, to.slot, r.so_far, std::move(tally)});
  auto free = std::find_if(r.lanes.begin(), r.lanes.end(),
                           [](auto& x) { return x.number == 0; });
  *free = {number, next, to.where->name()};
  self->send(to.where->worker(s.thread), std::move(next));
}

entry enter(const request& r, const target& to, time_point now) {
  return to.where->enter({now, r.what->caller, r.what->deadline, to.slot});
}

void count(self_ptr self, const metrics::family& what, std::string_view where,
           std::string_view how) {
  self->state.home->metrics
    ->counter(what, {std::string{where}, std::string{how}})
    .add();
}

void look_at(self_ptr self, time_point due) {
  auto& s = self->state;
  if (s.sweep_at <= due)
    return; // nearly always, without asking for the time
  auto now = self->clock().now();
  auto at = std::max(due, now + sweep_every);
  if (s.sweep_at <= at)
    return;
  s.sweep_at = at;
  self->delayed_send(self, at - now, sweep_atom::value);
}

void put_off(self_ptr self, request& r, errand what, time_point due) {
  r.later = what;
  r.due = due;
  look_at(self, due);
}

bool fails_over(const request& r) {
  return r.where->stream_failover
         && r.what->features.has(feature::stream_failover);
}

std::uint32_t under_way(const request& r) {
  return static_cast<std::uint32_t>(std::count_if(
    r.lanes.begin(), r.lanes.end(), [](auto& x) { return x.number != 0; }));
}

void cancel(self_ptr self, request::lane& which) {
  which.number = 0;
  if (auto job = which.what.lock())
    self->send(job->of().where->worker(self->state.thread), job_cancelled{job});
}

/// Ends a request; jobs that still run for it are not wanted any more.
void forget(self_ptr self, std::uint64_t id) {
  auto at = self->state.requests.find(id);
  for (auto& x : at->second.lanes)
    cancel(self, x);
  if (auto lookup = at->second.lookup.lock())
    lookup->withdraw();
  for (auto& one : at->second.lookups)
    if (auto lookup = one.lock())
      lookup->withdraw();
  self->state.requests.erase(at);
}

void fail(self_ptr self, std::uint64_t id, const fault& why) {
  auto& r = self->state.requests.at(id);
  if (outcome_of(why) == outcome::failure || why.retry_after)
    self->state.notes.note(*self->state.home->log, *r.what, why, r.attempts,
                           self->clock().now());
  r.client->fail(
    why, {why.dependency, r.model, r.shared ? r.shared->attempts : r.attempts});
  forget(self, id);
}

// -- poisonous requests -------------------------------------------------------

/// Whether requests of the same words have crashed actors too often.
bool set_aside(self_ptr self, const request& r) {
  auto& poison = *self->state.home->poison;
  auto now = self->clock().now();
  return poison.knows_any(now) && r.what->body
         && poison.set_aside(r.what->body->fingerprint(), now);
}

/// An actor crashed with that request in its hands: told each time, whether
/// its lane was still wanted or not.
void note_crash(self_ptr self, const request& r) {
  auto& s = self->state;
  auto print = r.what->body ? r.what->body->fingerprint() : 0;
  if (print != 0
      && s.home->poison->note_crash(print, self->clock().now()) >= most_crashes)
    s.home->log->note(severity::error, "front_end", r.what->trace_id,
                      "a request has crashed actors too often: set aside");
}

// -- along the chain ----------------------------------------------------------

namespace {

/// True: a target has it. False: it has failed, and is gone.
bool try_next(self_ptr self, std::uint64_t id, fault last, time_point now) {
  auto& r = self->state.requests.at(id);
  auto& targets = r.where->targets;
  if (now >= r.what->deadline) {
    fail(self, id,
         make_fault(errc::deadline_exceeded, "the request's deadline passed"));
    return false;
  }
  while (r.next < targets.size()) {
    auto& to = targets[r.next++];
    if (r.next > 1) {
      auto& before = targets[r.next - 2];
      count(self, families::fallback_used, before.where->name(),
            strategy_of(last));
      if (r.parts && passed_over(last)
          && r.parts->expects(before.where->name(), before.model))
        r.parts->expect(to.where->name(), to.model);
    }
    auto got = enter(r, to, now);
    if (got.how != entry::kind::refused) {
      if (r.next > 1 && !passed_over(last))
        r.heard = std::move(last);
      dispatch(self, id, to, std::move(got.place));
      return true;
    }
    r.model = to.model;
    last = std::move(got.why);
  }
  fail(self, id, passed_over(last) && r.heard ? *r.heard : last);
  return false;
}

} // namespace

void move_on(self_ptr self, std::uint64_t id, fault last) {
  try_next(self, id, std::move(last), self->clock().now());
}

void set_out(self_ptr self, std::uint64_t id) {
  auto& r = self->state.requests.at(id);
  auto now = self->clock().now();
  r.next = 0;
  r.shared = nullptr;
  r.heard.reset();
  // What was said can only be kept from the start.
  if (r.what->stream && fails_over(r) && r.where->targets.size() > 1)
    r.shared = std::make_shared<shared_reply>(r.client, true);
  auto hedged = r.where->hedge && r.what->features.has(feature::hedging);
  if (try_next(self, id, {}, now) && hedged)
    plan_hedge(self, r, now);
}

/// A stream was cut after its client had some of it.
void cut(self_ptr self, std::uint64_t id, const fault& why) {
  auto& r = self->state.requests.at(id);
  auto allowed = r.shared && r.what->stream && r.what->idempotent
                 && fails_over(r) && r.next < r.where->targets.size()
                 && may_go_on(why) && !set_aside(self, r);
  auto so_far = allowed ? r.shared->so_far() : nullptr;
  auto goes_on = so_far && (!r.what->body || r.what->body->can_go_on(*so_far));
  if (r.what->stream && !why.dependency.empty())
    count(self, families::stream_failovers, why.dependency,
          goes_on ? "moved_on" : "ended");
  if (!goes_on) {
    fail(self, id, why);
    return;
  }
  r.so_far = std::move(so_far);
  r.shared->reopen();
  move_on(self, id, why);
}

/// The job was lost with the actor that had it: not its dependency's failure.
/// True: it is put again, elsewhere or here.
bool recover(self_ptr self, std::uint64_t id, const job_finished& x) {
  auto& r = self->state.requests.at(id);
  if (!r.what->idempotent || ++r.crashes > most_losses)
    return false;
  if (r.next < r.where->targets.size()) {
    move_on(self, id, *x.failure);
    return true;
  }
  auto due
    = self->clock().now() + (x.suspect ? suspect_patience : restart_patience);
  // Who would wait for the time-out alone is answered now.
  if (due >= r.what->deadline)
    return false;
  --r.next;
  put_off(self, r, errand::again, due);
  return true;
}

/// While it waited for its turn its like may have been set aside.
void put_again(self_ptr self, std::uint64_t id) {
  auto& r = self->state.requests.at(id);
  auto why = make_fault(errc::unexpected, failure_kind::crash,
                        "the call was lost in the node");
  if (set_aside(self, r))
    fail(self, id, why);
  else
    move_on(self, id, why);
}

} // namespace caisson
