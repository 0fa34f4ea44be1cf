#include "actors/limits/limiter.hpp"

#include "actors/limits/counts.hpp"
#include "actors/telemetry/families.hpp"

namespace caisson {
namespace {

/// Whoever keeps the windows, from the start at 0: a rate cannot see the first
/// step of a new series.
void show_all(metrics::registry& all) {
  all.counter(families::limiter_redis_errors, {});
  all.counter(families::limiter_redis_garbage, {});
  for (auto by : {"keeper", "lease", "peer", "share"})
    all.counter(families::limiter_decisions, {by});
}

/// Questions that are under way to whoever is left are asked again by who waits
/// for them.
void take_limits(limiter_ptr self, const limits_changed& x) {
  auto& s = self->state;
  auto moved
    = s.plan.limits.store != x.store || s.plan.limits.together != x.together;
  s.plan.limits = x;
  s.plan.shard->clients.set_most(x.most_strangers);
  if (moved || !s.counts)
    s.counts = counts_for(self);
}

} // namespace

limiter_actor::behavior_type limiter(limiter_ptr self, limiter_plan plan) {
  auto& s = self->state;
  s.plan = std::move(plan);
  show_all(*s.plan.home->metrics);
  take_limits(self, limits_changed{s.plan.limits});
  return {
    [self](const quota_question& x) { return self->state.counts->answer(x); },
    [self](const quota_change& x) { return self->state.counts->change(x); },
    [self](const quota_recall& x) { self->state.counts->recall(x); },
    [self](const limit_question& x) { self->state.counts->ask(x); },
    [self](const limit_settlement& x) { self->state.counts->settle(x); },
    [self](const limits_changed& x) { take_limits(self, x); },
    [self](const job_finished& x) { self->state.counts->on_finished(x); },
    [self](sweep_atom) { self->state.counts->sweep(); },
  };
}

limiter_actor start_limiter(const limiter_plan& plan, placement where,
                            record_ptr place) {
  return launch<limiter_actor, limiter_state>(
    *plan.home->system, where, std::move(place), plan.home->log,
    [=](auto* self) { return limiter(self, plan); });
}

} // namespace caisson
