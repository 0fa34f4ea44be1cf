#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include <caf/actor_control_block.hpp>
#include <caf/local_actor.hpp>
#include <caf/system_messages.hpp>

#include "actors/house.hpp"
#include "actors/policies/restart.hpp"
#include "actors/supervision/census.hpp"

namespace caisson {

/// A child as data: all that a supervisor needs to start it, again and again.
struct child_spec {
  std::string name;
  restart_kind restart = restart_kind::permanent;
  /// Starts one incarnation in the given place of the tree.
  std::function<caf::strong_actor_ptr(record_ptr)> start;
};

/// The children of one supervisor: started in order, watched, restarted one for
/// one, stopped in reverse. Part of a supervisor's state; the decision itself
/// is `restart_ledger`'s.
class children {
public:
  children(std::shared_ptr<const house> home, record_ptr parent,
           restart_intensity limit)
    : home_(std::move(home)), parent_(std::move(parent)), ledger_(limit) {}

  ~children();

  /// Starts and watches one more child, last in order.
  void add(caf::local_actor* self, child_spec spec);

  /// Answers the end of a child. `escalate` means: the caller must quit, after
  /// which `stop` takes the rest down.
  restart_verdict ended(caf::local_actor* self, const caf::down_msg& down,
                        time_point now);

  /// Takes all children down, the last started first.
  void stop(caf::local_actor* self);

  /// The present incarnation of child number `i`.
  const caf::strong_actor_ptr& at(std::size_t i) const {
    return list_[i].actor;
  }

  /// The place of child number `i` in the tree.
  const record_ptr& place(std::size_t i) const { return list_[i].place; }

  std::size_t size() const noexcept { return list_.size(); }

private:
  struct child {
    child_spec spec;
    record_ptr place;
    caf::strong_actor_ptr actor;
  };

  void start(caf::local_actor* self, child& which);

  std::shared_ptr<const house> home_;
  record_ptr parent_;
  restart_ledger ledger_;
  std::vector<child> list_;
};

} // namespace caisson
