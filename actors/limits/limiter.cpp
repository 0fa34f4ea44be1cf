#include "actors/limits/limiter.hpp"

namespace caisson {
namespace {

using self_ptr = limiter_actor::stateful_pointer<limiter_state>;

void on_question(self_ptr self, const limit_question& x) {
  auto& shard = *self->state.plan.shard;
  auto now = self->clock().now();
  x.to->decided(decide(shard.clients.of(x.who, x.known, now), x.what, now));
}

void on_settlement(self_ptr self, const limit_settlement& x) {
  auto& shard = *self->state.plan.shard;
  auto now = self->clock().now();
  settle(shard.clients.of(x.who, x.known, now), x.reserved, x.used,
         time_point{duration{x.spent_at}}, now);
}

void on_changed(self_ptr self, const limits_changed& x) {
  auto& plan = self->state.plan;
  plan.limits = x;
  plan.shard->clients.set_most(x.most_strangers);
}

} // namespace

limiter_actor::behavior_type limiter(self_ptr self, limiter_plan plan) {
  self->state.plan = std::move(plan);
  return {
    [self](const limit_question& x) { on_question(self, x); },
    [self](const limit_settlement& x) { on_settlement(self, x); },
    [self](const limits_changed& x) { on_changed(self, x); },
    [](const job_finished&) {},
  };
}

limiter_actor start_limiter(const limiter_plan& plan, placement where,
                            record_ptr place) {
  return launch<limiter_actor, limiter_state>(
    *plan.home->system, where, std::move(place), plan.home->log,
    [=](auto* self) { return limiter(self, plan); });
}

} // namespace caisson
