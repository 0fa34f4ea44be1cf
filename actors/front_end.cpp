// Reason for length: one state machine, from a request's arrival to its end.
#include "actors/front_end.hpp"

#include <algorithm>

#include <caf/send.hpp>

#include "actors/cache/reply.hpp"
#include "actors/chain_rules.hpp"
#include "actors/telemetry/families.hpp"

namespace caisson {
namespace {

using self_ptr = front_end_actor::stateful_pointer<front_end_state>;

constexpr millis sweep_every{20};
/// A job that was lost with its actor is put again when that is back; one that
/// may have crashed it, when those that were lost with it have had their turn.
constexpr millis restart_patience{40};
constexpr millis suspect_patience{160};
/// So often is a request put again before it is given up with the actors that
/// it was lost with: more often than one that crashes them (poison_ledger.hpp).
constexpr std::uint32_t most_losses = 3;
constexpr std::uint32_t most_crashes = 3;

// -- small helpers ------------------------------------------------------------

void count(self_ptr self, const metrics::family& what, std::string_view where,
           std::string_view how) {
  self->state.home->metrics
    ->counter(what, {std::string{where}, std::string{how}})
    .add();
}

void ensure_sweep(self_ptr self) {
  auto& s = self->state;
  if (s.sweeping || s.errands.empty())
    return;
  s.sweeping = true;
  self->delayed_send(self, sweep_every, sweep_atom::value);
}

void put_off(self_ptr self, std::uint64_t id, errand::kind what, duration by) {
  self->state.errands.push_back({self->clock().now() + by, id, what});
  ensure_sweep(self);
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
  self->state.requests.erase(at);
}

void fail(self_ptr self, std::uint64_t id, const fault& why) {
  auto& r = self->state.requests.at(id);
  if (outcome_of(why) == outcome::failure || why.retry_after)
    self->state.notes.note(*self->state.home->log, *r.what, why, r.attempts,
                           self->clock().now());
  r.client->fail(why,
                 {why.dependency, r.model, r.tally ? *r.tally : r.attempts});
  forget(self, id);
}

// -- along the chain ----------------------------------------------------------

/// Hands the call to a target that has let it in.
void dispatch(self_ptr self, std::uint64_t id, const target& to, ticket place) {
  auto& s = self->state;
  auto& r = s.requests.at(id);
  auto number = ++r.last_lane;
  auto fe = caf::actor_cast<front_end_actor>(self);
  auto client = r.client;
  if (r.shared)
    client = r.shared->lane(
      number, [fe, id, number] { caf::anon_send(fe, race_won{id, number}); });
  r.model = to.model;
  auto next = std::make_shared<job>(
    job::order{fe, id, r.what, std::move(client), to.where, to.model,
               r.next < r.where->targets.size(), r.attempts, std::move(place),
               number, to.slot, r.so_far, r.tally});
  auto free = std::find_if(r.lanes.begin(), r.lanes.end(),
                           [](auto& x) { return x.number == 0; });
  *free = {number, next, to.where->name()};
  self->send(to.where->worker(s.thread), std::move(next));
}

entry enter(self_ptr self, const request& r, const target& to) {
  return to.where->enter(
    {self->clock().now(), r.what->caller, r.what->deadline, to.slot});
}

/// Sends the call to the next target that lets it in.
void move_on(self_ptr self, std::uint64_t id, fault last) {
  auto& r = self->state.requests.at(id);
  auto& targets = r.where->targets;
  while (r.next < targets.size()) {
    auto& to = targets[r.next++];
    if (r.next > 1)
      count(self, families::fallback_used, targets[r.next - 2].where->name(),
            strategy_of(last));
    auto got = enter(self, r, to);
    if (got.how != entry::kind::refused) {
      dispatch(self, id, to, std::move(got.place));
      return;
    }
    r.model = to.model;
    last = std::move(got.why);
  }
  fail(self, id, last);
}

/// A stream was cut after its client had some of it.
void cut(self_ptr self, std::uint64_t id, const fault& why) {
  auto& r = self->state.requests.at(id);
  auto allowed = r.shared && r.what->stream && r.what->idempotent
                 && r.where->stream_failover && r.next < r.where->targets.size()
                 && may_go_on(why);
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
  auto& s = self->state;
  auto& r = s.requests.at(id);
  auto crashes = 0u;
  if (auto print = r.what->body ? r.what->body->fingerprint() : 0;
      print != 0 && x.suspect)
    crashes = s.home->poison->note_crash(print, self->clock().now());
  if (crashes >= most_crashes) {
    s.home->log->note(severity::error, "front_end", r.what->trace_id,
                      "a request has crashed actors too often: set aside");
    return false;
  }
  if (!r.what->idempotent || ++r.crashes > most_losses)
    return false;
  if (r.next < r.where->targets.size()) {
    move_on(self, id, *x.failure);
    return true;
  }
  --r.next;
  put_off(self, id, errand::kind::again,
          x.suspect ? suspect_patience : restart_patience);
  return true;
}

// -- hedges -------------------------------------------------------------------

/// Plans a second try beside the first, where the model's route asks for it.
void plan_hedge(self_ptr self, std::uint64_t id) {
  auto& s = self->state;
  auto& r = s.requests.at(id);
  auto& rule = r.where->hedge;
  if (!rule || r.next >= r.where->targets.size() || !r.what->idempotent)
    return;
  s.hedges.deposit(self->clock().now());
  auto& first = r.where->targets[r.next - 1];
  auto after = rule->after ? rule->after : first.where->usual_first_byte();
  if (after)
    put_off(self, id, errand::kind::hedge, *after);
}

void hedge(self_ptr self, std::uint64_t id) {
  auto& s = self->state;
  auto& r = s.requests.at(id);
  if (r.shared->winner() != 0 || under_way(r) != 1
      || r.next >= r.where->targets.size())
    return;
  auto& to = r.where->targets[r.next];
  auto got = enter(self, r, to);
  // A hedge never waits in a queue: it would only add to the load.
  if (got.how != entry::kind::admitted)
    return;
  if (!s.hedges.withdraw(self->clock().now())) {
    count(self, families::hedges, to.where->name(), "over_budget");
    return;
  }
  ++r.next;
  count(self, families::hedges, to.where->name(), "started");
  dispatch(self, id, to, std::move(got.place));
}

// -- handlers -----------------------------------------------------------------

/// Why the request is not even begun, if so.
std::optional<fault> obstacle(self_ptr self, const request& r) {
  if (!r.where) {
    auto why = make_fault(errc::llm_model_not_found,
                          "no dependency here serves that model");
    why.param = "model";
    return why;
  }
  auto& poison = *self->state.home->poison;
  if (poison.knows_any(self->clock().now()) && r.what->body
      && poison.set_aside(r.what->body->fingerprint(), self->clock().now()))
    return make_fault(errc::unexpected,
                      "requests like this one have failed inside the node");
  return std::nullopt;
}

/// The first step along the chain.
void set_out(self_ptr self, std::uint64_t id) {
  auto& s = self->state;
  auto& r = s.requests.at(id);
  auto keeps = r.what->stream && r.where->stream_failover;
  if (r.where->targets.size() > 1 && (keeps || r.where->hedge)) {
    r.shared = std::make_shared<shared_reply>(r.client, keeps);
    r.tally = std::make_shared<std::uint32_t>(0);
  }
  auto hedged = r.where->hedge.has_value();
  move_on(self, id, {});
  if (hedged && s.requests.contains(id))
    plan_hedge(self, id);
}

void on_submission(self_ptr self, const submission& x) {
  auto& s = self->state;
  auto& r = s.requests[x.id];
  r.what = x.what;
  r.client = x.client;
  r.where = s.routes->find(x.what->model);
  if (auto why = obstacle(self, r)) {
    fail(self, x.id, *why);
    return;
  }
  if (!r.what->cached || !s.caches || !s.caches->enabled()) {
    set_out(self, x.id);
    return;
  }
  auto lookup = std::make_shared<cache_lookup>(
    caf::actor_cast<front_end_actor>(self), x.id, r.what->cached,
    self->clock().now(), r.what->deadline);
  r.looking = true;
  r.lookup = lookup;
  caf::anon_send(s.caches->of(r.what->cached->key), std::move(lookup));
}

/// The client's end, which gathers what it hears for the cache.
std::shared_ptr<responder> gathering(self_ptr self, const request& r,
                                     const cache_verdict& x) {
  auto& s = self->state;
  return std::make_shared<gathering_reply>(gathering_reply::order{
    r.client, r.what, x.lead, x.value, r.where->targets.front().where->name(),
    s.caches->settings()->l1_ttl, s.told_stale});
}

void on_verdict(self_ptr self, const cache_verdict& x) {
  auto at = self->state.requests.find(x.id);
  if (at == self->state.requests.end() || !at->second.looking)
    return; // it has left: a lead goes to the next
  auto& r = at->second;
  r.looking = false;
  if (x.how == cache_verdict::kind::failed) {
    fail(self, x.id, x.why);
    return;
  }
  if (x.how == cache_verdict::kind::hit
      && tell_cached(*r.client, *r.what, x.value, x.layer)) {
    forget(self, x.id);
    return;
  }
  if (x.lead)
    r.client = gathering(self, r, x);
  set_out(self, x.id);
}

void on_left(self_ptr self, const client_left& x) {
  if (self->state.requests.contains(x.id))
    forget(self, x.id);
}

void on_won(self_ptr self, const race_won& x) {
  auto at = self->state.requests.find(x.id);
  if (at == self->state.requests.end())
    return;
  auto& lanes = at->second.lanes;
  if (under_way(at->second) < 2)
    return;
  auto& loser = lanes[0].number == x.lane ? lanes[1] : lanes[0];
  // The later of the two is the hedge.
  auto& hedge = lanes[0].number > lanes[1].number ? lanes[0] : lanes[1];
  count(self, families::hedges, hedge.service,
        hedge.number == x.lane ? "won" : "lost");
  cancel(self, loser);
}

void on_finished(self_ptr self, const job_finished& x) {
  auto at = self->state.requests.find(x.id);
  if (at == self->state.requests.end())
    return;
  auto& r = at->second;
  auto lane = std::find_if(r.lanes.begin(), r.lanes.end(),
                           [&](auto& one) { return one.number == x.lane; });
  if (lane == r.lanes.end())
    return; // it lost a race and was cancelled
  lane->number = 0;
  r.attempts += x.attempts;
  if (!x.failure)
    forget(self, x.id);
  else if (x.delivered)
    cut(self, x.id, *x.failure);
  else if (under_way(r) > 0)
    return; // the other one may still do it
  else if (lost(*x.failure)) {
    if (!recover(self, x.id, x))
      fail(self, x.id, *x.failure);
  } else if (!worth_another(*r.what, *x.failure))
    fail(self, x.id, *x.failure);
  else
    move_on(self, x.id, *x.failure);
}

void on_sweep(self_ptr self) {
  auto& s = self->state;
  s.sweeping = false;
  auto now = self->clock().now();
  std::vector<errand> due;
  std::erase_if(s.errands, [&](auto& x) {
    if (x.due <= now)
      due.push_back(x);
    return x.due <= now || !s.requests.contains(x.id);
  });
  for (auto& x : due) {
    if (!s.requests.contains(x.id))
      continue;
    if (x.what == errand::kind::hedge)
      hedge(self, x.id);
    else
      move_on(self, x.id,
              make_fault(errc::unexpected, failure_kind::crash,
                         "the call was lost in the node"));
  }
  ensure_sweep(self);
}

} // namespace

front_end_actor::behavior_type
front_end(self_ptr self, std::shared_ptr<const house> home, std::size_t thread,
          std::shared_ptr<const routing_table> routes,
          std::shared_ptr<const cache_shards> caches) {
  auto& s = self->state;
  s.home = std::move(home);
  s.thread = thread;
  s.routes = std::move(routes);
  s.caches = std::move(caches);
  s.told_stale
    = s.home->metrics->counter(families::cache_hits, {"stale", "llm"});
  return {
    [self](const submission& x) { on_submission(self, x); },
    [self](const client_left& x) { on_left(self, x); },
    [self](const job_finished& x) { on_finished(self, x); },
    [self](const race_won& x) { on_won(self, x); },
    [self](const cache_verdict& x) { on_verdict(self, x); },
    [self](sweep_atom) { on_sweep(self); },
    [self](const routes_changed& x) { self->state.routes = x.routes; },
  };
}

front_end_actor start_front_end(std::shared_ptr<const house> home,
                                std::size_t thread, placement where,
                                std::shared_ptr<const routing_table> routes,
                                std::shared_ptr<const cache_shards> caches,
                                record_ptr place) {
  return launch<front_end_actor, front_end_state>(
    *home->system, where, std::move(place), home->log,
    [=](auto* self) { return front_end(self, home, thread, routes, caches); });
}

} // namespace caisson
