// Reason for length: all that a dependency decides, in request order.
#include "actors/dependency/dependency.hpp"

#include "actors/dependency/worker.hpp"
#include "actors/telemetry/families.hpp"

namespace caisson {
namespace {

using self_ptr = dependency_actor::stateful_pointer<dependency_state>;

constexpr millis sweep_every{20};
// A dependency that left the config stays for requests that are between two
// attempts: no request lives longer than this by default.
constexpr millis linger{120'000};

fault refusal(self_ptr self, errc code, std::string_view detail, millis wait) {
  auto why = make_fault(code, std::string{detail});
  why.dependency = self->state.plan.where->name();
  why.retry_after = std::max(wait, millis{1});
  return why;
}

/// A probe keeps its place for as long as an attempt may take: else the outcome
/// of a slow but good one would never be heard.
breaker_settings judgement(const dependency_settings& of) {
  auto result = of.breaker;
  result.probe_lease
    = std::max(result.probe_lease, of.timeout + of.connect_timeout);
  return result;
}

// -- the queue ----------------------------------------------------------------

void ensure_sweep(self_ptr self) {
  auto& s = self->state;
  auto leaving = s.plan.where->left_config().has_value();
  if (s.sweeping || (s.waiting.empty() && !leaving && !s.rising))
    return;
  s.sweeping = true;
  self->delayed_send(self, sweep_every, sweep_atom::value);
}

/// To be called after everything that may have changed a breaker.
void breakers_touched(self_ptr self, time_point now) {
  auto& s = self->state;
  if (s.judges->publish(now))
    s.room->closed(now);
  s.rising = s.room->apply(now);
  s.waiting.erase_if([&](auto& one) {
    if (!s.judges->refuses_at(one->who.slot, now))
      return false;
    one->refuse(s.plan.where->breaker_refusal(now, one->who.slot));
    return true;
  });
}

/// Tries to admit the front of the queue: breaker first, then bulkhead.
bool admit_next(self_ptr self, time_point now) {
  auto& s = self->state;
  if (s.waiting.empty() || s.plan.where->held_until() > now)
    return false;
  auto one = s.waiting.front();
  if (one->withdrawn()) {
    s.waiting.pop();
    return true;
  }
  auto permit = s.judges->admit(one->who.slot, now);
  // Others doubt it, this node does not: what a probe finds is worth a wait.
  if (!permit && s.judges->doubted(one->who.slot))
    return false;
  if (!permit) {
    s.waiting.pop();
    s.judges->publish(now);
    one->refuse(s.plan.where->breaker_refusal(now, one->who.slot));
    return true;
  }
  if (!one->place.grant(*permit)) {
    // No place free: a probe's right goes back until there is one.
    s.judges->take_back(*permit, now);
    return false;
  }
  s.waiting.pop();
  s.waited.observe(now - one->who.now);
  one->admit();
  return true;
}

void admit_waiting(self_ptr self) {
  auto now = self->clock().now();
  while (admit_next(self, now)) {
    // go on
  }
  breakers_touched(self, now);
  ensure_sweep(self);
}

void expire(self_ptr self, admission_request& one, time_point now) {
  auto& s = self->state;
  s.queue_timeouts.add();
  auto held = std::chrono::ceil<millis>(s.plan.where->held_until() - now);
  one.refuse(refusal(self, errc::bulkhead_rejected,
                     "the wait for a place took too long",
                     std::max(held, millis{1'000})));
}

/// Drops from the queue who has waited too long and who has left.
void tidy_queue(self_ptr self, time_point now) {
  auto& s = self->state;
  auto limit = s.settings->bulkhead.queue_timeout;
  s.waiting.erase_if([&](auto& one) {
    if (one->withdrawn())
      return true;
    if (now < one->who.now + limit && now < one->who.deadline)
      return false;
    expire(self, *one, now);
    return true;
  });
}

/// Held back by Retry-After for longer than it may wait here?
std::optional<fault> hold_refusal(self_ptr self, const admission_request& one,
                                  time_point now) {
  auto& s = self->state;
  auto held = s.plan.where->held_until();
  if (held <= now)
    return std::nullopt;
  auto patience
    = std::min(now + s.settings->bulkhead.queue_timeout, one.who.deadline);
  if (!one.has_next && held <= patience)
    return std::nullopt;
  auto why = refusal(self, s.plan.where->family().rate_limited,
                     "the dependency asked for a pause",
                     std::chrono::ceil<millis>(held - now));
  return why;
}

// -- handlers -----------------------------------------------------------------

void on_admission(self_ptr self,
                  const std::shared_ptr<admission_request>& one) {
  auto now = self->clock().now();
  if (auto why = hold_refusal(self, *one, now)) {
    one->refuse(std::move(*why));
    return;
  }
  self->state.waiting.push(one->who.caller, one);
  admit_waiting(self);
}

void count(self_ptr self, const attempt_outcome& x, time_point now) {
  auto& s = self->state;
  s.judges->record(x, now);
  s.room->note(x, now);
  if (x.first)
    s.budget->deposit(now);
}

void on_outcomes(self_ptr self, const attempt_outcomes& news) {
  auto now = self->clock().now();
  for (auto& x : news.list)
    count(self, x, now);
  admit_waiting(self);
}

void note_give_up(self_ptr self, give_up reason) {
  if (reason == give_up::exhausted)
    self->state.retries_exhausted.add();
  else if (reason == give_up::budget)
    self->state.budget_exhausted.add();
}

std::optional<millis> judge_retry(self_ptr self, const retry_request& one,
                                  time_point now) {
  auto& s = self->state;
  auto what = one.what;
  what.refused_until = s.judges->refuses_until(one.how.permit.slot);
  auto decision
    = decide_retry(s.settings->retry, what, one.why, *s.budget, s.random, now);
  if (!decision.delay)
    note_give_up(self, decision.reason);
  return decision.delay;
}

void on_retry(self_ptr self, const std::shared_ptr<retry_request>& one) {
  auto now = self->clock().now();
  count(self, one->how, now);
  if (overload(one->why) && one->why.retry_after)
    self->state.plan.where->hold(
      now + std::min(*one->why.retry_after, longest_retry_after));
  auto delay = judge_retry(self, *one, now);
  admit_waiting(self);
  one->answer(delay);
}

void on_mode(self_ptr self, const breaker_mode_set& wanted) {
  auto mode = self->state.plan.where->wished_mode();
  self->state.judges->set_mode(mode);
  self->state.plan.home->log->note(
    severity::warning, "dependency",
    "breaker of " + self->state.plan.where->name() + " was set to "
      + std::string{name_of(mode)});
  admit_waiting(self);
  if (wanted.done)
    wanted.done();
}

void on_rumour(self_ptr self, const breaker_rumour& news) {
  auto& s = self->state;
  std::uniform_real_distribution<double> share;
  s.judges->hear(news, share(s.random), self->clock().now());
  admit_waiting(self);
}

void on_speaker_gone(self_ptr self, const speaker_gone& who) {
  self->state.judges->forget(who.node);
  admit_waiting(self);
}

void on_changed(self_ptr self, const dependency_changed& news) {
  auto& s = self->state;
  auto breaker = judgement(*news.settings);
  breaker.mode = s.plan.where->wished_mode();
  s.settings = news.settings;
  s.judges->reconfigure(breaker);
  s.room->reconfigure(*s.settings);
  s.room->apply(self->clock().now());
  s.budget->set_share(s.settings->retry.budget);
  for (std::size_t i = 0; i < s.plan.threads.size(); ++i)
    self->send(s.plan.where->worker(i), news);
  admit_waiting(self);
}

void end_if_idle(self_ptr self) {
  auto& s = self->state;
  auto& places = s.plan.where->bulkhead();
  auto left = s.plan.where->left_config();
  if (!left || self->clock().now() < *left + linger || places.in_flight() > 0
      || places.waiting() > 0)
    return;
  s.workers->stop(self);
  self->quit();
}

void on_sweep(self_ptr self) {
  auto& s = self->state;
  s.sweeping = false;
  tidy_queue(self, self->clock().now());
  admit_waiting(self);
  end_if_idle(self);
}

void on_down(self_ptr self, const caf::down_msg& down) {
  auto& s = self->state;
  if (s.workers->ended(self, down, self->clock().now())
      != restart_verdict::escalate)
    return;
  s.workers->stop(self);
  self->quit(
    caf::make_error(caf::sec::runtime_error, "restart intensity exceeded"));
}

void on_exit(self_ptr self, const caf::exit_msg& why) {
  self->state.workers->stop(self);
  self->quit(why.reason);
}

// -- birth --------------------------------------------------------------------

void start_workers(self_ptr self, record_ptr place) {
  auto& s = self->state;
  s.workers = std::make_unique<children>(s.plan.home, std::move(place),
                                         restart_intensity{});
  for (std::size_t i = 0; i < s.plan.threads.size(); ++i) {
    auto start = [self, i](record_ptr where) {
      auto& now = self->state;
      auto who
        = start_worker({now.plan.home, now.plan.where, i, now.plan.make_port},
                       now.plan.threads[i], std::move(where));
      now.plan.where->moved_in(i, who);
      return caf::actor_cast<caf::strong_actor_ptr>(who);
    };
    s.workers->add(self, {s.plan.where->name() + "/worker-" + std::to_string(i),
                          restart_kind::permanent, start});
  }
}

void move_in(self_ptr self, record_ptr place) {
  auto& s = self->state;
  // First the address, then the settings: a reload in between is told to us.
  s.plan.where->moved_in(caf::actor_cast<dependency_actor>(self));
  s.settings = s.plan.where->settings();
  auto& name = s.plan.where->name();
  auto& metrics = *s.plan.home->metrics;
  s.queue_timeouts
    = metrics.counter(families::bulkhead_rejections, {name, "queue_timeout"});
  s.budget_exhausted
    = metrics.counter(families::retry_budget_exhausted, {name});
  s.retries_exhausted = metrics.counter(families::retry_exhausted, {name});
  s.waited = metrics.histogram(families::bulkhead_wait, {name});
  s.judges = std::make_unique<breakers>(s.plan.home, s.plan.where,
                                        judgement(*s.settings), s.plan.seed);
  s.room = std::make_unique<capacity>(s.plan.where, *s.settings);
  s.room->apply(self->clock().now());
  s.budget = std::make_unique<retry_budget>(s.settings->retry.budget);
  s.random.seed(s.plan.seed);
  start_workers(self, std::move(place));
  ensure_sweep(self); // it may be one that is to leave
}

} // namespace

dependency_actor::behavior_type dependency(self_ptr self, dependency_plan plan,
                                           record_ptr place) {
  self->state.plan = std::move(plan);
  self->set_down_handler([self](caf::down_msg& x) { on_down(self, x); });
  self->set_exit_handler([self](caf::exit_msg& x) { on_exit(self, x); });
  move_in(self, std::move(place));
  return {
    [self](const std::shared_ptr<admission_request>& x) {
      on_admission(self, x);
    },
    [self](const std::shared_ptr<retry_request>& x) { on_retry(self, x); },
    [self](const attempt_outcomes& x) { on_outcomes(self, x); },
    [self](permit_freed_atom) { admit_waiting(self); },
    [self](withdrawn_atom) { tidy_queue(self, self->clock().now()); },
    [self](const breaker_mode_set& x) { on_mode(self, x); },
    [self](const breaker_rumour& x) { on_rumour(self, x); },
    [self](const speaker_gone& x) { on_speaker_gone(self, x); },
    [self](const dependency_changed& x) { on_changed(self, x); },
    [self](retire_atom) { ensure_sweep(self); },
    [self](sweep_atom) { on_sweep(self); },
  };
}

dependency_actor start_dependency(const dependency_plan& plan, placement where,
                                  record_ptr place) {
  return launch<dependency_actor, dependency_state>(
    *plan.home->system, where, place, plan.home->log,
    [=](auto* self) { return dependency(self, plan, place); });
}

} // namespace caisson
