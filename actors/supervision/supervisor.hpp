#pragma once

#include <memory>
#include <string>
#include <vector>

#include "actors/house.hpp"
#include "actors/messages.hpp"
#include "actors/supervision/children.hpp"

namespace caisson {

/// Keeps children alive, one for one: a child that ends is restarted alone.
/// More than `intensity` restarts, and the supervisor takes its children down
/// and ends itself, so that its own supervisor decides; the root's end is the
/// node's.
struct supervisor_settings {
  restart_intensity intensity;
  /// Started in this order, stopped in reverse.
  std::vector<child_spec> specs;
};

struct supervisor_state {
  supervisor_state() = default;
  static constexpr const char* name = "supervisor";
  std::unique_ptr<children> brood;
};

supervisor_actor::behavior_type
supervisor(supervisor_actor::stateful_pointer<supervisor_state> self,
           std::shared_ptr<const house> home, record_ptr place,
           supervisor_settings settings);

/// Starts a supervisor on CAF's scheduler.
supervisor_actor start_supervisor(std::shared_ptr<const house> home,
                                  record_ptr place,
                                  supervisor_settings settings);

} // namespace caisson
