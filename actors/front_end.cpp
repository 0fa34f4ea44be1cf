#include "actors/front_end.hpp"

#include <algorithm>
#include <utility>

#include <caf/send.hpp>

#include "actors/batch_walk.hpp"
#include "actors/cache/reply.hpp"
#include "actors/chain_rules.hpp"
#include "actors/following.hpp"
#include "actors/hedging.hpp"
#include "actors/telemetry/families.hpp"

namespace caisson {
namespace {

using self_ptr = front_end_self;
using errand = request::errand;

// -- handlers -----------------------------------------------------------------

/// Why the request is not even begun, if so.
std::optional<fault> obstacle(self_ptr self, const request& r) {
  if (!r.where) {
    auto why = make_fault(errc::llm_model_not_found,
                          "no dependency here serves that model");
    why.param = "model";
    return why;
  }
  if (set_aside(self, r))
    return make_fault(errc::unexpected,
                      "requests like this one have failed inside the node");
  return std::nullopt;
}

void on_submission(self_ptr self, const submission& x) {
  auto& s = self->state;
  auto& r = s.requests[x.id];
  r.what = x.what;
  r.client = x.client;
  r.where
    = x.what->addressed ? x.what->addressed : s.routes->find(x.what->model);
  if (auto why = obstacle(self, r)) {
    fail(self, x.id, *why);
    return;
  }
  if (!r.what->features.has(feature::resilience))
    r.where = first_alone(*r.where);
  auto cached = s.caches && s.caches->enabled();
  if (cached && r.what->parts) {
    look_for_parts(self, x.id);
    return;
  }
  if (!cached || !r.what->cached) {
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
    s.caches->settings()->l1_ttl,
    s.told_stale[static_cast<std::size_t>(r.what->cached->kind)]});
}

/// They have left as well.
void on_unwanted(self_ptr self, std::uint64_t id) {
  auto at = self->state.requests.find(id);
  if (at == self->state.requests.end() || !at->second.left)
    return;
  // Somebody may have come since that was said.
  auto lead = at->second.lead.lock();
  if (!lead || !lead->wanted())
    forget(self, id);
}

void on_verdict(self_ptr self, const cache_verdict& x) {
  auto at = self->state.requests.find(x.id);
  if (at != self->state.requests.end() && at->second.parts) {
    on_part(self, x);
    return;
  }
  if (x.how == cache_verdict::kind::unwanted) {
    on_unwanted(self, x.id);
    return;
  }
  if (at == self->state.requests.end() || !at->second.looking)
    return; // it has left: a lead goes to the next
  auto& r = at->second;
  if (x.how == cache_verdict::kind::events) {
    hear_stream(self, x.id, *x.piece);
    return;
  }
  r.looking = false;
  if (r.follows) {
    end_of_stream(self, x);
    return;
  }
  if (x.how == cache_verdict::kind::failed) {
    fail(self, x.id, x.why);
    return;
  }
  if (x.how == cache_verdict::kind::hit
      && tell_cached(*r.client, *r.what, x.value, x.layer)) {
    forget(self, x.id);
    return;
  }
  if (x.lead) {
    r.client = gathering(self, r, x);
    r.lead = x.lead;
  }
  set_out(self, x.id);
}

/// What others wait for is fetched to its end.
void on_left(self_ptr self, const client_left& x) {
  auto at = self->state.requests.find(x.id);
  if (at == self->state.requests.end())
    return;
  auto lead = at->second.lead.lock();
  at->second.left = lead && lead->wanted();
  if (!at->second.left)
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

/// A job has failed of which the client has nothing.
void go_on(self_ptr self, const job_finished& x) {
  auto& r = self->state.requests.at(x.id);
  auto crashed = lost(*x.failure);
  auto doomed = crashed && set_aside(self, r);
  if (!doomed && under_way(r) > 0)
    return; // the other one may still do it
  if (doomed
      || !(crashed ? recover(self, x.id, x)
                   : worth_another(*r.what, *x.failure)))
    fail(self, x.id, *x.failure);
  else if (!crashed)
    move_on(self, x.id, *x.failure);
}

void on_finished(self_ptr self, const job_finished& x) {
  auto at = self->state.requests.find(x.id);
  if (at == self->state.requests.end())
    return;
  auto& r = at->second;
  if (x.suspect)
    note_crash(self, r);
  auto lane = std::find_if(r.lanes.begin(), r.lanes.end(),
                           [&](auto& one) { return one.number == x.lane; });
  if (lane == r.lanes.end())
    return; // it lost a race and was cancelled
  lane->number = 0;
  r.attempts += x.attempts;
  if (!x.failure)
    next_part(self, x.id);
  else if (x.delivered)
    cut(self, x.id, *x.failure);
  else
    go_on(self, x);
}

void later(self_ptr self, std::uint64_t id) {
  auto at = self->state.requests.find(id);
  if (at == self->state.requests.end())
    return;
  auto what = std::exchange(at->second.later, errand::none);
  if (what == errand::hedge)
    hedge(self, id);
  else if (what == errand::again)
    put_again(self, id);
  else
    next_part(self, id);
}

void on_sweep(self_ptr self) {
  auto& s = self->state;
  auto now = self->clock().now();
  if (now < s.sweep_at)
    return; // another, sooner look has been before this one
  s.sweep_at = time_point::max();
  std::vector<std::uint64_t> due;
  auto next = time_point::max();
  for (auto& [id, r] : s.requests) {
    if (r.later == errand::none)
      continue;
    if (r.due <= now)
      due.push_back(id);
    else
      next = std::min(next, r.due);
  }
  for (auto id : due)
    later(self, id);
  if (next != time_point::max())
    look_at(self, next);
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
  for (std::size_t i = 0; i < cache_kind_count; ++i)
    s.told_stale[i] = s.home->metrics->counter(
      families::cache_hits,
      {"stale", std::string{name_of(static_cast<cache_kind>(i))}});
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
