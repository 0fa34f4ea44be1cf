#include "actors/limits/limiter.hpp"

#include "actors/limits/shared_windows.hpp"
#include "actors/telemetry/families.hpp"

namespace caisson {
namespace {

using self_ptr = limiter_actor::stateful_pointer<limiter_state>;
using amounts = std::array<std::uint64_t, charges::capacity>;

/// A decision that takes longer is made here: the dependency's own time limit
/// is usually shorter.
constexpr millis store_patience{250};

account& account_of(self_ptr self, const limit_key& who, bool known,
                    time_point now) {
  return self->state.plan.shard->clients.of(who, known, now);
}

standing decide_here(self_ptr self, const limit_question& x,
                     std::uint32_t nodes) {
  auto now = self->clock().now();
  return decide(account_of(self, x.who, x.known, now), x.what, now, nodes);
}

std::uint32_t nodes_of(self_ptr self) {
  return self->state.plan.limits.book->settings().nodes;
}

/// A line where it begins and where it ends, not for each request.
void note_store(self_ptr self, bool answers) {
  auto& s = self->state;
  if (s.alone != answers)
    return;
  s.alone = !answers;
  s.plan.home->log->note(
    answers ? severity::info : severity::warning, "limiter",
    answers ? "the shared store counts again"
            : "the shared store does not count: this node does for its share");
}

/// Takes what is still to be told to the store of these limits.
amounts take_owed(account& whose, const charges& what) {
  amounts result{};
  for (std::size_t i = 0; i < what.size(); ++i)
    result[i] = std::exchange(whose.owed[what.all()[i].slot], 0);
  return result;
}

void owe(account& whose, const charges& what, const amounts& more) {
  for (std::size_t i = 0; i < what.size(); ++i)
    whose.owed[what.all()[i].slot] += more[i];
}

void decide_alone(self_ptr self, const limit_question& x, const amounts& owed) {
  self->state.store_errors.add();
  note_store(self, false);
  auto how = decide_here(self, x, nodes_of(self));
  auto& whose = account_of(self, x.who, x.known, self->clock().now());
  owe(whose, x.what, owed);
  if (!how.exceeded)
    for (auto& one : x.what.all())
      whose.owed[one.slot] += one.cost;
  x.to->decided(how);
}

void ask_store(self_ptr self, const limit_question& x) {
  auto now = self->clock().now();
  auto owed = take_owed(account_of(self, x.who, x.known, now), x.what);
  self->state.store->ask(
    decision_question(x.who, x.what, {owed.data(), x.what.size()}), now,
    now + store_patience, [self, x, owed](result<kv_value_ptr> said) {
      auto how = said ? standing_in(**said, x.what) : std::nullopt;
      if (!how) {
        decide_alone(self, x, owed);
        return;
      }
      note_store(self, true);
      if (auto garbage = garbage_in(**said))
        self->state.garbage.add(garbage);
      x.to->decided(*how);
    });
}

void on_question(self_ptr self, const limit_question& x) {
  if (self->state.store)
    ask_store(self, x);
  else
    x.to->decided(decide_here(self, x, 1));
}

/// What was charged here is settled here, and so is what is owed of it; a
/// settlement that the store does not hear leaves the estimate to stand there.
void on_settlement(self_ptr self, const limit_settlement& x) {
  auto& s = self->state;
  auto now = self->clock().now();
  if (x.source == limit_source::redis) {
    if (s.store)
      s.store->ask(
        settlement_question(x.who, x.reserved, {x.used.data(), x.used.size()},
                            x.spent_at),
        now, now + store_patience, [self](const result<kv_value_ptr>& said) {
          if (!said)
            self->state.store_errors.add();
        });
    return;
  }
  auto& whose = account_of(self, x.who, x.known, now);
  settle(whose, x.reserved, x.used, time_point{duration{x.spent_at}}, now,
         s.store ? nodes_of(self) : 1);
  if (!s.store)
    return;
  for (std::size_t i = 0; i < x.reserved.size(); ++i) {
    auto& one = x.reserved.all()[i];
    auto& owed = whose.owed[one.slot];
    owed = owed + x.used[i] - std::min(owed + x.used[i], one.cost);
  }
}

/// Questions that are under way to a store that is left are asked again by who
/// waits for them.
void take_limits(self_ptr self, const limits_changed& x) {
  auto& s = self->state;
  if (!s.store || s.plan.limits.store != x.store)
    s.store
      = x.store
          ? std::make_unique<kv_client>(caf::actor_cast<job_owner_actor>(self),
                                        x.store, s.plan.thread)
          : nullptr;
  s.plan.limits = x;
  s.plan.shard->clients.set_most(x.most_strangers);
}

} // namespace

limiter_actor::behavior_type limiter(self_ptr self, limiter_plan plan) {
  auto& s = self->state;
  s.plan = std::move(plan);
  s.store_errors
    = s.plan.home->metrics->counter(families::limiter_redis_errors, {});
  s.garbage
    = s.plan.home->metrics->counter(families::limiter_redis_garbage, {});
  take_limits(self, limits_changed{s.plan.limits});
  return {
    [self](const limit_question& x) { on_question(self, x); },
    [self](const limit_settlement& x) { on_settlement(self, x); },
    [self](const limits_changed& x) { take_limits(self, x); },
    [self](const job_finished& x) {
      if (self->state.store)
        self->state.store->on_finished(x);
    },
  };
}

limiter_actor start_limiter(const limiter_plan& plan, placement where,
                            record_ptr place) {
  return launch<limiter_actor, limiter_state>(
    *plan.home->system, where, std::move(place), plan.home->log,
    [=](auto* self) { return limiter(self, plan); });
}

} // namespace caisson
