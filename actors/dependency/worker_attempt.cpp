// The life of one attempt, from its start to its verdict; worker.cpp says when.
#include "actors/dependency/worker_attempt.hpp"

#include "actors/dependency/mailbox_listener.hpp"
#include "actors/dependency/requests.hpp"

namespace caisson {
namespace {

using self_ptr = worker_actor::stateful_pointer<worker_state>;
using stage = running_job::stage;

constexpr std::size_t batch = 64;

/// Notes an attempt that did not fail. What may break a streak or end a probe
/// is told at once, the rest in batches.
void note_outcome(self_ptr self, running_job& job, outcome how,
                  const call_measure& measure) {
  auto& s = self->state;
  auto permit = job.place.permit();
  s.unreported.list.push_back({permit, how, job.attempt == 1, measure});
  job.place.settle();
  if (permit.probe || s.plan.where->eager(permit.slot) || !s.plan.where->paced()
      || s.unreported.list.size() >= batch)
    report_outcomes(self);
}

provenance origin(self_ptr self, const running_job& job) {
  auto& of = job.what->of();
  return {self->state.plan.where->name(), of.model,
          of.tally ? *of.tally : of.attempts_before + job.attempt};
}

/// What the attempt was like so far, for the breaker's slow calls.
call_measure measure(const running_job& job, time_point now,
                     const token_usage& usage = {}) {
  call_measure result{now - job.attempt_began};
  result.first_token = job.first_token;
  auto tokens = usage.known ? usage.output : job.tokens;
  if (job.first_token && tokens > 1) {
    std::chrono::duration<double> streamed = result.took - *job.first_token;
    if (streamed.count() > 0)
      result.tokens_per_second
        = static_cast<double>(tokens - 1) / streamed.count();
  }
  return result;
}

} // namespace

void report_outcomes(self_ptr self) {
  auto& list = self->state.unreported.list;
  if (list.empty())
    return;
  self->send(self->state.plan.where->supervisor(),
             std::exchange(self->state.unreported, {}));
}

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

void begin_attempt(self_ptr self, std::uint64_t id) {
  auto& s = self->state;
  auto& job = s.jobs.at(id);
  auto& of = job.what->of();
  auto now = self->clock().now();
  auto deadline = of.what->deadline;
  if (now >= deadline) {
    finish(self, id, deadline_fault());
    return;
  }
  job.what->attempts = ++job.attempt;
  if (of.tally)
    ++*of.tally;
  job.first_token.reset();
  job.judged = false;
  job.tokens = 0;
  job.pace.reset();
  job.at = stage::attempting;
  job.attempt_began = now;
  job.patience = std::min<time_point>(now + s.settings->timeout, deadline);
  attempt which{
    of.what, of.model,
    std::min<time_point>(now + s.settings->connect_timeout, deadline)};
  if (of.so_far)
    which.so_far = *of.so_far;
  job.talk = s.port->start(
    which, std::make_unique<mailbox_listener>(
             caf::actor_cast<worker_actor>(self), id, job.attempt));
}

void first_token(self_ptr self, std::uint64_t id) {
  auto& s = self->state;
  auto& job = s.jobs.at(id);
  auto now = self->clock().now();
  job.begun = job.what->delivered = true;
  job.patience = now + s.settings->idle_timeout;
  job.first_token = now - job.attempt_began;
  if (s.settings->min_tokens_per_second > 0)
    job.pace.emplace(now);
  s.plan.where->first_bytes.add(*job.first_token);
  s.metrics->first_token(job.what->of().model, *job.first_token);
  // A stream may last for minutes: a probe has seen enough.
  if (job.place.permit().probe) {
    job.judged = true;
    note_outcome(self, job, outcome::success, measure(job, now));
  }
  job.what->of().client->begin(origin(self, job));
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
    note_outcome(self, job, how, measure(job, now));
    finish(self, id, std::move(why));
    return;
  }
  job.at = stage::judging;
  report_outcomes(self); // in order: what went well before comes before
  auto ask
    = std::make_shared<retry_request>(caf::actor_cast<worker_actor>(self), id);
  ask->how = {job.place.permit(), how, job.attempt == 1, measure(job, now)};
  ask->what = {job.attempt, job.begun,      of.what->idempotent,
               of.has_next, job.last_delay, of.what->deadline};
  ask->what.wanted = of.what->features.has(feature::resilience);
  ask->why = why;
  job.last = std::move(why);
  job.place.settle();
  self->send(s.plan.where->supervisor(), std::move(ask));
  // A retry waits without a permit.
  job.place.release();
}

void finish_attempt(self_ptr self, std::uint64_t id, bytes whole,
                    const token_usage& usage) {
  auto& s = self->state;
  auto& job = s.jobs.at(id);
  auto& of = job.what->of();
  auto now = self->clock().now();
  auto took = now - job.attempt_began;
  s.plan.where->recent.add(took);
  if (!job.first_token)
    s.plan.where->first_bytes.add(took);
  s.metrics->succeeded(of.model, took, job.attempt, usage);
  if (!job.judged)
    note_outcome(self, job, outcome::success, measure(job, now, usage));
  job.place.release();
  if (usage.known)
    of.client->used(usage, origin(self, job));
  if (job.begun)
    of.client->end();
  else
    of.client->answer(std::move(whole), origin(self, job));
  job.begun = true;
  finish(self, id, std::nullopt);
}

void give_up(self_ptr self, std::uint64_t id) {
  auto& s = self->state;
  auto& job = s.jobs.at(id);
  job.talk.reset();
  if (job.at == stage::attempting) {
    s.metrics->cancelled();
    note_outcome(self, job, outcome::cancelled,
                 self->clock().now() - job.attempt_began);
    job.place.release();
  } else if (auto asked = job.asked.lock()) {
    asked->withdraw();
    self->send(s.plan.where->supervisor(), withdrawn_atom::value);
  }
}

void time_is_up(self_ptr self, std::uint64_t id, const fault& silence) {
  auto& s = self->state;
  auto& job = s.jobs.at(id);
  auto& of = job.what->of();
  auto now = self->clock().now();
  auto fair = !of.what->hurried && job.attempt + of.attempts_before == 1;
  if (job.at == stage::attempting && fair) {
    s.metrics->failed(of.model, now - job.attempt_began, silence);
    job.talk.reset();
    note_outcome(self, job, outcome::failure, measure(job, now));
    job.place.release();
    report_outcomes(self);
  } else {
    s.metrics->out_of_time();
    give_up(self, id);
  }
  finish(self, id, deadline_fault());
}

} // namespace caisson
