#include "actors/supervision/supervisor.hpp"

#include "actors/supervision/resident.hpp"

namespace caisson {
namespace {

using self_ptr = supervisor_actor::stateful_pointer<supervisor_state>;

void on_add(self_ptr self, const child_spec_ptr& spec) {
  self->state.brood->add(self, *spec);
}

void on_down(self_ptr self, const caf::down_msg& down) {
  auto verdict = self->state.brood->ended(self, down, self->clock().now());
  if (verdict == restart_verdict::escalate) {
    self->state.brood->stop(self);
    self->quit(
      caf::make_error(caf::sec::runtime_error, "restart intensity exceeded"));
  }
}

void on_exit(self_ptr self, const caf::exit_msg& why) {
  self->state.brood->stop(self);
  self->quit(why.reason);
}

} // namespace

supervisor_actor::behavior_type supervisor(self_ptr self,
                                           std::shared_ptr<const house> home,
                                           record_ptr place,
                                           supervisor_settings settings) {
  self->state.brood = std::make_unique<children>(
    std::move(home), std::move(place), settings.intensity);
  self->set_down_handler([self](caf::down_msg& x) { on_down(self, x); });
  self->set_exit_handler([self](caf::exit_msg& x) { on_exit(self, x); });
  for (auto& spec : settings.specs)
    self->state.brood->add(self, std::move(spec));
  return {
    [self](const child_spec_ptr& spec) { on_add(self, spec); },
  };
}

supervisor_actor start_supervisor(std::shared_ptr<const house> home,
                                  record_ptr place,
                                  supervisor_settings settings) {
  return launch<supervisor_actor, supervisor_state>(
    *home->system, {}, place, home->log,
    [=](auto* self) { return supervisor(self, home, place, settings); });
}

} // namespace caisson
