#include "actors/limits/counts.hpp"

namespace caisson {

namespace {

class here final : public limit_counts {
public:
  explicit here(limiter_ptr self) : self_(self) {}

  void ask(const limit_question& x) override {
    auto now = self_->clock().now();
    x.to->decided(decide(of(x.who, x.known, now), x.what, now));
  }

  void settle(const limit_settlement& x) override {
    if (x.source == limit_source::redis)
      return; // it was charged there
    auto now = self_->clock().now();
    caisson::settle(of(x.who, x.known, now).windows, x.reserved, x.used,
                    time_point{duration{x.spent_at}}, now);
  }

private:
  account& of(const limit_key& who, bool known, time_point now) {
    return self_->state.plan.shard->clients.of(who, known, now);
  }

  limiter_ptr self_;
};

} // namespace

std::shared_ptr<limit_counts> local_counts(limiter_ptr self) {
  return std::make_shared<here>(self);
}

std::shared_ptr<limit_counts> counts_for(limiter_ptr self) {
  auto& s = self->state.plan;
  if (s.limits.store)
    return store_counts(self);
  if (s.limits.together && s.circle)
    return peer_counts(self);
  return local_counts(self);
}

} // namespace caisson
