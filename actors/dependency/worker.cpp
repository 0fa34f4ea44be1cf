// Reason for length: one state machine, from a job's arrival to its end.
#include "actors/dependency/worker.hpp"

#include <caf/send.hpp>

#include "actors/dependency/mailbox_listener.hpp"
#include "actors/dependency/requests.hpp"

namespace caisson {
namespace {

using self_ptr = worker_actor::stateful_pointer<worker_state>;
using stage = running_job::stage;

constexpr millis sweep_every{20};
constexpr std::size_t batch = 64;

// -- small helpers ------------------------------------------------------------

void ensure_sweep(self_ptr self) {
  auto& s = self->state;
  if (s.sweeping || (s.jobs.empty() && s.unreported.list.empty()))
    return;
  s.sweeping = true;
  self->delayed_send(self, sweep_every, sweep_atom::value);
}

void report_outcomes(self_ptr self) {
  auto& list = self->state.unreported.list;
  if (list.empty())
    return;
  self->send(self->state.plan.where->supervisor(),
             std::exchange(self->state.unreported, {}));
}

/// Notes an attempt that did not fail. What may break a streak or end a probe
/// is told at once, the rest in batches.
void note_outcome(self_ptr self, running_job& job, outcome how,
                  time_point now) {
  auto& s = self->state;
  auto permit = job.place.permit();
  s.unreported.list.push_back(
    {permit, how, job.attempt == 1, now - job.attempt_began});
  job.place.settle();
  job.place.release();
  if (permit.probe || s.plan.where->eager()
      || s.unreported.list.size() >= batch)
    report_outcomes(self);
}

provenance origin(self_ptr self, const running_job& job) {
  auto& of = job.what->of();
  return {self->state.plan.where->name(), of.model,
          of.attempts_before + job.attempt};
}

/// Ends a job; `job` is gone afterwards.
void finish(self_ptr self, std::uint64_t id, std::optional<fault> failure) {
  auto& jobs = self->state.jobs;
  auto at = jobs.find(id);
  auto& job = at->second;
  if (failure && failure->dependency.empty())
    failure->dependency = self->state.plan.where->name();
  job.what->finish(std::move(failure), job.attempt, job.begun);
  jobs.erase(at);
}

fault deadline_fault() {
  return make_fault(errc::deadline_exceeded, "the request's deadline passed");
}

// -- an attempt ---------------------------------------------------------------

void begin_attempt(self_ptr self, std::uint64_t id) {
  auto& s = self->state;
  auto& job = s.jobs.at(id);
  auto now = self->clock().now();
  auto deadline = job.what->of().what->deadline;
  if (now >= deadline) {
    finish(self, id, deadline_fault());
    return;
  }
  ++job.attempt;
  job.at = stage::attempting;
  job.attempt_began = now;
  job.patience = std::min<time_point>(now + s.settings->timeout, deadline);
  attempt which{
    job.what->of().what, job.what->of().model,
    std::min<time_point>(now + s.settings->connect_timeout, deadline)};
  job.talk = s.port->start(
    which, std::make_unique<mailbox_listener>(
             caf::actor_cast<worker_actor>(self), id, job.attempt));
}

void ask_for_place(self_ptr self, std::uint64_t id, ticket waiting) {
  auto& s = self->state;
  auto& job = s.jobs.at(id);
  job.at = stage::asking;
  auto& of = job.what->of();
  auto ask = std::make_shared<admission_request>(
    caf::actor_cast<worker_actor>(self), id, std::move(waiting),
    of.what->deadline, of.has_next);
  job.asked = ask;
  self->send(s.plan.where->supervisor(), std::move(ask));
}

void attempt_failed(self_ptr self, std::uint64_t id, fault why) {
  auto& s = self->state;
  auto& job = s.jobs.at(id);
  auto now = self->clock().now();
  auto& of = job.what->of();
  job.talk.reset();
  s.plan.where->recent.add(now - job.attempt_began);
  s.metrics->failed(of.model, now - job.attempt_began, why);
  auto how = outcome_of(why);
  if (how != outcome::failure) {
    note_outcome(self, job, how, now);
    finish(self, id, std::move(why));
    return;
  }
  job.at = stage::judging;
  report_outcomes(self); // in order: what went well before comes before
  auto ask
    = std::make_shared<retry_request>(caf::actor_cast<worker_actor>(self), id);
  ask->how
    = {job.place.permit(), how, job.attempt == 1, now - job.attempt_began};
  ask->what = {job.attempt, job.begun,      of.what->idempotent,
               of.has_next, job.last_delay, of.what->deadline};
  ask->why = why;
  job.last = std::move(why);
  job.place.settle();
  self->send(s.plan.where->supervisor(), std::move(ask));
  // A retry waits without a permit.
  job.place.release();
}

void give_up(self_ptr self, std::uint64_t id) {
  auto& s = self->state;
  auto& job = s.jobs.at(id);
  job.talk.reset();
  if (job.at == stage::attempting) {
    s.metrics->cancelled();
    note_outcome(self, job, outcome::cancelled, self->clock().now());
  } else if (auto asked = job.asked.lock()) {
    asked->withdraw();
    self->send(s.plan.where->supervisor(), withdrawn_atom::value);
  }
}

void finish_attempt(self_ptr self, std::uint64_t id,
                    const attempt_event& news) {
  auto& s = self->state;
  auto& job = s.jobs.at(id);
  auto& of = job.what->of();
  auto now = self->clock().now();
  auto took = now - job.attempt_began;
  s.plan.where->recent.add(took);
  s.metrics->succeeded(of.model, took, job.attempt, news.usage);
  note_outcome(self, job, outcome::success, now);
  if (job.begun)
    of.client->end();
  else
    of.client->answer(news.data, origin(self, job));
  job.begun = true;
  finish(self, id, std::nullopt);
}

// -- handlers -----------------------------------------------------------------

void on_job(self_ptr self, const job_ptr& what) {
  auto& s = self->state;
  auto id = ++s.last_id;
  what->running_as = id;
  auto& job = s.jobs[id];
  job.what = what;
  auto place = what->take_place();
  if (place.in_flight()) {
    job.place = std::move(place);
    begin_attempt(self, id);
  } else {
    ask_for_place(self, id, std::move(place));
  }
  ensure_sweep(self);
}

void on_cancelled(self_ptr self, const job_cancelled& x) {
  auto id = x.which->running_as;
  auto at = self->state.jobs.find(id);
  // An earlier incarnation may have used the same number.
  if (at == self->state.jobs.end() || at->second.what != x.which)
    return;
  give_up(self, id);
  finish(self, id, std::nullopt);
  ensure_sweep(self);
}

void on_admission(self_ptr self, const admission& x) {
  auto& s = self->state;
  auto at = s.jobs.find(x.id);
  // A place that nobody wants any more goes back with the message.
  if (at == s.jobs.end() || at->second.at != stage::asking)
    return;
  if (x.granted) {
    at->second.place = std::move(*x.granted);
    begin_attempt(self, x.id);
    return;
  }
  // What is exhausted reports its last cause.
  auto& job = at->second;
  auto why = job.attempt > 0 ? job.last : x.refusal;
  if (x.refusal.retry_after)
    why.retry_after = x.refusal.retry_after;
  finish(self, x.id, std::move(why));
}

void on_verdict(self_ptr self, const retry_verdict& x) {
  auto& s = self->state;
  auto at = s.jobs.find(x.id);
  if (at == s.jobs.end() || at->second.at != stage::judging)
    return;
  auto& job = at->second;
  if (!x.delay) {
    finish(self, x.id, std::move(job.last));
    return;
  }
  s.metrics->retried(job.attempt + 1, job.last);
  job.at = stage::backing_off;
  job.last_delay = *x.delay;
  job.patience = self->clock().now() + *x.delay;
}

void on_event(self_ptr self, const attempt_event& x) {
  auto& s = self->state;
  auto at = s.jobs.find(x.id);
  if (at == s.jobs.end() || at->second.at != stage::attempting
      || at->second.attempt != x.attempt)
    return;
  auto& job = at->second;
  auto now = self->clock().now();
  switch (x.what) {
    case attempt_event::kind::started:
      job.begun = job.what->delivered = true;
      job.patience = now + s.settings->idle_timeout;
      s.metrics->first_token(job.what->of().model, now - job.attempt_began);
      job.what->of().client->begin(origin(self, job));
      break;
    case attempt_event::kind::more:
      job.patience = now + s.settings->idle_timeout;
      job.what->of().client->more(x.data);
      break;
    case attempt_event::kind::finished:
      finish_attempt(self, x.id, x);
      break;
    case attempt_event::kind::failed:
      attempt_failed(self, x.id, x.failure);
      break;
  }
}

void on_changed(self_ptr self, const dependency_changed& x) {
  auto& s = self->state;
  s.settings = x.settings;
  s.port = s.plan.make_port(*s.settings, s.plan.thread);
  s.metrics
    = std::make_unique<attempt_metrics>(*s.plan.home->metrics, *s.settings);
}

// -- time ---------------------------------------------------------------------

void retry_now(self_ptr self, std::uint64_t id, time_point now) {
  auto& s = self->state;
  auto& job = s.jobs.at(id);
  auto got = s.plan.where->enter(now);
  switch (got.how) {
    case entry::kind::admitted:
      job.place = std::move(got.place);
      begin_attempt(self, id);
      break;
    case entry::kind::queued:
      ask_for_place(self, id, std::move(got.place));
      break;
    case entry::kind::refused:
      finish(self, id, std::move(job.last));
      break;
  }
}

fault silence(const running_job& job) {
  if (job.begun)
    return make_fault(errc::llm_timeout, failure_kind::idle_timeout,
                      "the provider's stream fell silent");
  auto late = !job.what->of().what->stream && job.talk && job.talk->answering();
  return make_fault(errc::llm_timeout,
                    late ? failure_kind::body_timeout
                         : failure_kind::first_byte_timeout,
                    "the provider did not answer in time");
}

/// The request's own time is up. That says something of the dependency only if
/// it had all of the time that the node gives: else a client with a short
/// deadline, or the tail of a retry, could open a breaker.
void deadline_passed(self_ptr self, std::uint64_t id, time_point now) {
  auto& s = self->state;
  auto& job = s.jobs.at(id);
  auto& of = job.what->of();
  auto fair = !of.what->hurried && job.attempt + of.attempts_before == 1;
  if (job.at == stage::attempting && fair) {
    s.metrics->failed(of.model, now - job.attempt_began, silence(job));
    job.talk.reset();
    note_outcome(self, job, outcome::failure, now);
    report_outcomes(self);
  } else {
    s.metrics->out_of_time();
    give_up(self, id);
  }
  finish(self, id, deadline_fault());
}

void check_time(self_ptr self, std::uint64_t id, time_point now) {
  auto& job = self->state.jobs.at(id);
  if (!job.what->of().client->waits()) {
    // Its leaving was told to a front end that has gone itself.
    give_up(self, id);
    finish(self, id, std::nullopt);
  } else if (now >= job.what->of().what->deadline) {
    deadline_passed(self, id, now);
  } else if (now >= job.patience && job.talk && job.talk->held_back()) {
    job.patience = now + self->state.settings->idle_timeout;
  } else if (now >= job.patience && job.at == stage::attempting) {
    attempt_failed(self, id, silence(job));
  } else if (now >= job.patience && job.at == stage::backing_off) {
    retry_now(self, id, now);
  }
}

void on_sweep(self_ptr self) {
  auto& s = self->state;
  s.sweeping = false;
  auto now = self->clock().now();
  std::vector<std::uint64_t> due;
  for (auto& [id, job] : s.jobs) {
    auto waits = job.at == stage::attempting || job.at == stage::backing_off;
    if (now >= job.what->of().what->deadline || (waits && now >= job.patience)
        || !job.what->of().client->waits())
      due.push_back(id);
  }
  for (auto id : due)
    check_time(self, id, now);
  report_outcomes(self);
  ensure_sweep(self);
}

} // namespace

worker_actor::behavior_type worker(self_ptr self, worker_plan plan) {
  auto& s = self->state;
  s.plan = std::move(plan);
  s.settings = s.plan.where->settings();
  s.port = s.plan.make_port(*s.settings, s.plan.thread);
  s.metrics
    = std::make_unique<attempt_metrics>(*s.plan.home->metrics, *s.settings);
  return {
    [self](const job_ptr& x) { on_job(self, x); },
    [self](const job_cancelled& x) { on_cancelled(self, x); },
    [self](const admission& x) { on_admission(self, x); },
    [self](const retry_verdict& x) { on_verdict(self, x); },
    [self](const attempt_event& x) { on_event(self, x); },
    [self](const dependency_changed& x) { on_changed(self, x); },
    [self](sweep_atom) { on_sweep(self); },
  };
}

worker_actor start_worker(const worker_plan& plan, placement where,
                          record_ptr place) {
  return launch<worker_actor, worker_state>(
    *plan.home->system, where, std::move(place), plan.home->log,
    [=](auto* self) { return worker(self, plan); });
}

} // namespace caisson
