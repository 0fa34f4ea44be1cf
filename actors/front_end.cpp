#include "actors/front_end.hpp"

#include <caf/send.hpp>

#include "actors/telemetry/families.hpp"

namespace caisson {
namespace {

using self_ptr = front_end_actor::stateful_pointer<front_end_state>;

/// The `strategy` label of `fallback_used_total`: why the chain was followed.
std::string_view strategy_of(const fault& why) noexcept {
  switch (why.code) {
    case errc::circuit_breaker_open:
      return "breaker_open";
    case errc::bulkhead_rejected:
      return "bulkhead_full";
    case errc::llm_rate_limited:
    case errc::llm_overloaded:
      return "overload";
    case errc::llm_timeout:
      return "timeout";
    default:
      return "failure";
  }
}

/// Whether another target may do better. Not when the request itself was
/// refused, not when its time is up, not when it may have had an effect.
bool worth_another(const call& what, const fault& why) noexcept {
  return (what.idempotent || surely_unsent(why))
         && why.kind != failure_kind::refused
         && why.code != errc::validation_constraint
         && why.code != errc::deadline_exceeded;
}

/// A line for a request that failed on our side, at most `most` a second: an
/// outage must not drown the log, nor cost more than the answers.
void note_failure(self_ptr self, const request& r, const fault& why) {
  constexpr std::uint32_t most = 50;
  auto& s = self->state;
  auto now = self->clock().now();
  if (now - s.noting_since >= std::chrono::seconds{1}) {
    if (s.noted > most)
      s.home->log->note(severity::warning, "front_end",
                        std::to_string(s.noted - most)
                          + " more requests failed in a second");
    s.noting_since = now;
    s.noted = 0;
  }
  if (++s.noted > most)
    return;
  auto where = why.dependency.empty() ? std::string{} : " at " + why.dependency;
  s.home->log->note(severity::warning, "front_end", r.what->trace_id,
                    "request failed" + where + " with "
                      + std::string{name_of(why.code)} + ", "
                      + std::string{name_of(why.kind)} + ", after "
                      + std::to_string(r.attempts) + " attempts");
}

void fail(self_ptr self, std::uint64_t id, const fault& why) {
  auto at = self->state.requests.find(id);
  auto& r = at->second;
  if (outcome_of(why) == outcome::failure || why.retry_after)
    note_failure(self, r, why);
  r.client->fail(why, {why.dependency, r.model, r.attempts});
  self->state.requests.erase(at);
}

void note_fallback(self_ptr self, const target& left, const fault& why) {
  self->state.home->metrics
    ->counter(families::fallback_used,
              {left.where->name(), std::string{strategy_of(why)}})
    .add();
}

/// Sends the call to the next target that lets it in.
void move_on(self_ptr self, std::uint64_t id, fault last) {
  auto& s = self->state;
  auto& r = s.requests.at(id);
  auto now = self->clock().now();
  while (r.next < r.chain->size()) {
    auto& to = (*r.chain)[r.next++];
    if (r.next > 1)
      note_fallback(self, (*r.chain)[r.next - 2], last);
    r.model = to.model;
    auto got = to.where->enter(now);
    if (got.how == entry::kind::refused) {
      last = std::move(got.why);
      continue;
    }
    auto has_next = r.next < r.chain->size();
    auto next = std::make_shared<job>(job::order{
      caf::actor_cast<front_end_actor>(self), id, r.what, r.client, to.where,
      to.model, has_next, r.attempts, std::move(got.place)});
    r.running = next;
    self->send(to.where->worker(s.thread), std::move(next));
    return;
  }
  fail(self, id, last);
}

void on_submission(self_ptr self, const submission& x) {
  auto& s = self->state;
  auto& r = s.requests[x.id];
  r.what = x.what;
  r.client = x.client;
  r.chain = s.routes->find(x.what->model);
  if (!r.chain) {
    auto why = make_fault(errc::llm_model_not_found,
                          "no dependency here serves that model");
    why.param = "model";
    fail(self, x.id, why);
    return;
  }
  move_on(self, x.id, {});
}

void on_left(self_ptr self, const client_left& x) {
  auto& s = self->state;
  auto at = s.requests.find(x.id);
  if (at == s.requests.end())
    return;
  if (auto job = at->second.running.lock())
    self->send(job->of().where->worker(s.thread), job_cancelled{job});
  s.requests.erase(at);
}

void on_finished(self_ptr self, const job_finished& x) {
  auto& s = self->state;
  auto at = s.requests.find(x.id);
  if (at == s.requests.end())
    return;
  auto& r = at->second;
  r.running.reset();
  r.attempts += x.attempts;
  if (!x.failure)
    s.requests.erase(at);
  else if (x.delivered || !worth_another(*r.what, *x.failure))
    fail(self, x.id, *x.failure);
  else
    move_on(self, x.id, *x.failure);
}

} // namespace

front_end_actor::behavior_type
front_end(self_ptr self, std::shared_ptr<const house> home, std::size_t thread,
          std::shared_ptr<const routing_table> routes) {
  self->state.home = std::move(home);
  self->state.thread = thread;
  self->state.routes = std::move(routes);
  return {
    [self](const submission& x) { on_submission(self, x); },
    [self](const client_left& x) { on_left(self, x); },
    [self](const job_finished& x) { on_finished(self, x); },
    [self](const routes_changed& x) { self->state.routes = x.routes; },
  };
}

front_end_actor start_front_end(std::shared_ptr<const house> home,
                                std::size_t thread, placement where,
                                std::shared_ptr<const routing_table> routes,
                                record_ptr place) {
  return launch<front_end_actor, front_end_state>(
    *home->system, where, std::move(place), home->log,
    [=](auto* self) { return front_end(self, home, thread, routes); });
}

} // namespace caisson
