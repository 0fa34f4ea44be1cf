#include "actors/dependency/worker.hpp"

#include <exception>

#include <caf/send.hpp>

#include "actors/dependency/requests.hpp"
#include "actors/dependency/worker_attempt.hpp"

namespace caisson {
namespace {

using self_ptr = worker_actor::stateful_pointer<worker_state>;
using stage = running_job::stage;

constexpr millis sweep_every{20};

// -- small helpers ------------------------------------------------------------

/// Marks a job as being in this worker's hands until the handler has returned:
/// not when it throws.
class in_hand {
public:
  explicit in_hand(job_ptr what) : what_(std::move(what)) {
    what_->in_hand = true;
  }

  ~in_hand() {
    if (std::uncaught_exceptions() == 0)
      what_->in_hand = false;
  }

  in_hand(const in_hand&) = delete;
  in_hand& operator=(const in_hand&) = delete;

private:
  job_ptr what_;
};

void ensure_sweep(self_ptr self) {
  auto& s = self->state;
  if (s.sweeping || (s.jobs.empty() && s.unreported.list.empty()))
    return;
  s.sweeping = true;
  self->delayed_send(self, sweep_every, sweep_atom::value);
}

visit visitor(const running_job& job, time_point now) {
  auto& of = job.what->of();
  return {now, of.what->caller, of.what->deadline, of.slot};
}

void ask_for_place(self_ptr self, std::uint64_t id, ticket waiting) {
  auto& s = self->state;
  auto& job = s.jobs.at(id);
  job.at = stage::asking;
  auto ask = std::make_shared<admission_request>(
    caf::actor_cast<worker_actor>(self), id, std::move(waiting),
    visitor(job, self->clock().now()), job.what->of().has_next);
  job.asked = ask;
  self->send(s.plan.where->supervisor(), std::move(ask));
}

// -- handlers -----------------------------------------------------------------

void on_job(self_ptr self, const job_ptr& what) {
  auto& s = self->state;
  auto id = ++s.last_id;
  what->running_as = id;
  auto& job = s.jobs[id];
  job.what = what;
  in_hand mark{what};
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
    in_hand mark{at->second.what};
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

void pass_on(self_ptr self, running_job& job, const attempt_event& x) {
  auto now = self->clock().now();
  job.patience = now + self->state.settings->idle_timeout;
  job.tokens += x.tokens;
  if (job.pace)
    job.pace->add(x.tokens, now);
  job.what->of().client->more(x.data);
}

void on_event(self_ptr self, const attempt_event& x) {
  auto& s = self->state;
  auto at = s.jobs.find(x.id);
  if (at == s.jobs.end() || at->second.at != stage::attempting
      || at->second.attempt != x.attempt)
    return;
  auto& job = at->second;
  in_hand mark{job.what};
  switch (x.what) {
    case attempt_event::kind::started:
      first_token(self, x.id);
      break;
    case attempt_event::kind::more:
      pass_on(self, job, x);
      break;
    case attempt_event::kind::finished:
      finish_attempt(self, x.id, x.data, x.usage);
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
  in_hand mark{job.what};
  auto got = s.plan.where->enter(visitor(job, now));
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

fault too_late(const dependency_family& of, failure_kind kind,
               std::string_view what) {
  return make_fault(of.timeout, kind, std::string{of.noun} + std::string{what});
}

fault silence(self_ptr self, const running_job& job) {
  auto& of = self->state.plan.where->family();
  if (job.begun)
    return too_late(of, failure_kind::idle_timeout, "'s stream fell silent");
  auto late = !job.what->of().what->stream && job.talk && job.talk->answering();
  return too_late(
    of, late ? failure_kind::body_timeout : failure_kind::first_byte_timeout,
    " did not answer in time");
}

/// The stream comes, but too slowly to be of use.
bool too_slow(self_ptr self, running_job& job, time_point now) {
  if (!job.pace || job.at != stage::attempting)
    return false;
  if (job.talk && job.talk->held_back()) {
    job.pace->pause(now - sweep_every, now);
    return false;
  }
  auto rate = job.pace->rate(now);
  return rate && *rate < self->state.settings->min_tokens_per_second;
}

void check_time(self_ptr self, std::uint64_t id, time_point now) {
  auto& job = self->state.jobs.at(id);
  if (!job.what->of().client->waits()) {
    // Its leaving was told to a front end that has gone itself.
    give_up(self, id);
    finish(self, id, std::nullopt);
  } else if (now >= job.what->of().what->deadline) {
    time_is_up(self, id, silence(self, job));
  } else if (now >= job.patience && job.talk && job.talk->held_back()) {
    job.patience = now + self->state.settings->idle_timeout;
  } else if (now >= job.patience && job.at == stage::attempting) {
    attempt_failed(self, id, silence(self, job));
  } else if (now >= job.patience && job.at == stage::backing_off) {
    retry_now(self, id, now);
  } else if (too_slow(self, job, now)) {
    attempt_failed(self, id,
                   too_late(self->state.plan.where->family(),
                            failure_kind::idle_timeout,
                            "'s stream has become too slow"));
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
        || !job.what->of().client->waits() || job.pace)
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
