#include "actors/agent/agent.hpp"

#include <utility>

#include <caf/send.hpp>

#include "actors/telemetry/families.hpp"

namespace caisson {
namespace {

using self_ptr = agent_actor::stateful_pointer<agent_state>;

/// Hears of one errand on whatever thread, and tells the agent; dropped
/// unheard, it tells that the errand was lost.
class ear final : public responder {
public:
  ear(agent_actor to, std::uint64_t id, std::uint64_t errand)
    : to_(std::move(to)) {
    news_.id = id;
    news_.errand = errand;
  }

  ~ear() override {
    tell(make_fault(errc::unexpected, failure_kind::crash,
                    "the request was lost"));
  }

  bool waits() const noexcept override { return !told_; }
  void answer(bytes body, const provenance&) override {
    news_.said = std::move(body);
    tell(std::nullopt);
  }
  void begin(const provenance&) override {}
  void more(bytes) override {}
  void used(const token_usage& what, const provenance&) override {
    news_.usage.input += what.input;
    news_.usage.output += what.output;
    news_.usage.known = what.known;
  }
  void end() override {}
  void fail(const fault& what, const provenance&) override { tell(what); }

private:
  void tell(std::optional<fault> failure) {
    if (std::exchange(told_, true))
      return;
    news_.failure = std::move(failure);
    caf::anon_send(to_, std::move(news_));
  }

  agent_actor to_;
  errand_done news_{};
  bool told_ = false;
};

void count(self_ptr self, std::string outcome, const agent_account& how) {
  auto& metrics = *self->state.home->metrics;
  metrics.counter(families::agent_runs, {std::move(outcome)}).add();
  metrics.counter(families::agent_steps, {"model"}).add(how.steps);
  metrics.counter(families::agent_steps, {"tool"}).add(how.deeds.size());
}

/// It has come to its end, if it has.
void conclude(self_ptr self, std::uint64_t id) {
  auto at = self->state.runs.find(id);
  if (!at->second->over())
    return;
  count(self, at->second->failed() ? "failed" : "ok", at->second->account());
  self->state.runs.erase(at);
}

// -- handlers -----------------------------------------------------------------

void on_order(self_ptr self, const agent_order& x) {
  auto me = caf::actor_cast<agent_actor>(self);
  auto listen = [me, id = x.id](std::uint64_t errand) {
    return std::make_shared<ear>(me, id, errand);
  };
  auto& run = self->state.runs[x.id];
  run = std::make_unique<agent_run>(x, listen);
  run->begin();
  conclude(self, x.id);
}

void on_left(self_ptr self, const agent_left& x) {
  auto at = self->state.runs.find(x.id);
  if (at == self->state.runs.end())
    return;
  count(self, "cancelled", at->second->account());
  self->state.runs.erase(at);
}

void on_done(self_ptr self, const errand_done& x) {
  auto at = self->state.runs.find(x.id);
  if (at == self->state.runs.end())
    return;
  at->second->heard(x);
  conclude(self, x.id);
}

} // namespace

agent_actor::behavior_type agent(self_ptr self,
                                 std::shared_ptr<const house> home) {
  self->state.home = std::move(home);
  // From the start at 0: a rate cannot see the first step of a new series.
  for (auto outcome : {"ok", "failed", "cancelled"})
    self->state.home->metrics->counter(families::agent_runs, {outcome});
  return {
    [self](const agent_order& x) { on_order(self, x); },
    [self](const agent_left& x) { on_left(self, x); },
    [self](const errand_done& x) { on_done(self, x); },
  };
}

agent_actor start_agent(std::shared_ptr<const house> home, placement where,
                        record_ptr place) {
  return launch<agent_actor, agent_state>(
    *home->system, where, std::move(place), home->log,
    [=](auto* self) { return agent(self, home); });
}

} // namespace caisson
