#include <algorithm>
#include <utility>

#include "actors/limits/counts.hpp"
#include "actors/limits/shared_windows.hpp"
#include "actors/stores/kv_client.hpp"
#include "actors/telemetry/families.hpp"

namespace caisson {

namespace {

using amounts = std::array<std::uint64_t, charges::capacity>;

/// A decision that takes longer is made here: the dependency's own time limit
/// is usually shorter.
constexpr millis store_patience{250};

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

///   question ──► ask the store ── answered ──► told
///                     └── refused, late, nonsense ──► decided here, and owed
class in_store final : public limit_counts {
public:
  explicit in_store(limiter_ptr self)
    : self_(self),
      store_(caf::actor_cast<job_owner_actor>(self),
             self->state.plan.limits.store, self->state.plan.thread) {
    auto& all = *self->state.plan.home->metrics;
    errors_ = all.counter(families::limiter_redis_errors, {});
    garbage_ = all.counter(families::limiter_redis_garbage, {});
  }

  void ask(const limit_question& x) override {
    auto now = self_->clock().now();
    auto owed = take_owed(account_of(x.who, x.known), x.what);
    // Its answers come to this object alone, and end with it.
    store_.ask(decision_question(x.who, x.what, {owed.data(), x.what.size()}),
               now, now + store_patience,
               [this, x, owed](result<kv_value_ptr> said) {
                 auto how = said ? standing_in(**said, x.what) : std::nullopt;
                 if (!how) {
                   decide_alone(x, owed);
                   return;
                 }
                 note(true);
                 if (auto garbage = garbage_in(**said))
                   garbage_.add(garbage);
                 x.to->decided(*how);
               });
  }

  /// What was charged here is settled here, and so is what is owed of it; a
  /// settlement that the store does not hear leaves the estimate to stand
  /// there.
  void settle(const limit_settlement& x) override {
    auto now = self_->clock().now();
    if (x.source == limit_source::redis) {
      store_.ask(
        settlement_question(x.who, x.reserved, {x.used.data(), x.used.size()},
                            x.spent_at),
        now, now + store_patience, [this](const result<kv_value_ptr>& said) {
          if (!said)
            errors_.add();
        });
      return;
    }
    auto& whose = account_of(x.who, x.known);
    caisson::settle(whose.windows, x.reserved, x.used,
                    time_point{duration{x.spent_at}}, now, nodes());
    if (x.source != limit_source::memory)
      return; // the store has never been told of it
    for (std::size_t i = 0; i < x.reserved.size(); ++i) {
      auto& one = x.reserved.all()[i];
      auto& owed = whose.owed[one.slot];
      owed = owed + x.used[i] - std::min(owed + x.used[i], one.cost);
    }
  }

  void on_finished(const job_finished& x) override { store_.on_finished(x); }

private:
  account& account_of(const limit_key& who, bool known) {
    return self_->state.plan.shard->clients.of(who, known,
                                               self_->clock().now());
  }

  std::uint32_t nodes() const {
    return self_->state.plan.limits.book->settings().nodes;
  }

  void decide_alone(const limit_question& x, const amounts& owed) {
    errors_.add();
    note(false);
    auto& whose = account_of(x.who, x.known);
    auto how = decide(whose, x.what, self_->clock().now(), nodes());
    owe(whose, x.what, owed);
    if (!how.exceeded)
      for (auto& one : x.what.all())
        whose.owed[one.slot] += one.cost;
    x.to->decided(how);
  }

  /// A line where it begins and where it ends, not for each request.
  void note(bool answers) {
    if (alone_ != answers)
      return;
    alone_ = !answers;
    self_->state.plan.home->log->note(
      answers ? severity::info : severity::warning, "limiter",
      answers
        ? "the shared store counts again"
        : "the shared store does not count: this node does for its share");
  }

  limiter_ptr self_;
  kv_client store_;
  metrics::counter errors_;
  metrics::counter garbage_;
  bool alone_ = false; ///< the store has not answered the last time
};

} // namespace

std::shared_ptr<limit_counts> store_counts(limiter_ptr self) {
  return std::make_shared<in_store>(self);
}

} // namespace caisson
