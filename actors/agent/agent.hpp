#pragma once

#include <memory>
#include <unordered_map>

#include "actors/agent/run.hpp"
#include "actors/house.hpp"
#include "actors/supervision/resident.hpp"

namespace caisson {

struct agent_state {
  agent_state() = default;
  static constexpr const char* name = "agent";

  std::shared_ptr<const house> home;
  std::unordered_map<std::uint64_t, std::unique_ptr<agent_run>> runs;
};

/// Thinks about messages of the clients of one I/O thread: asks a model, calls
/// the tools that it wants, asks again, until it has its answer or a bound is
/// reached. All that it does goes the way that a client's own request would: it
/// is a caller, not a dependency.
agent_actor::behavior_type
agent(agent_actor::stateful_pointer<agent_state> self,
      std::shared_ptr<const house> home);

/// Starts the agent of an I/O thread.
agent_actor start_agent(std::shared_ptr<const house> home, placement where,
                        record_ptr place);

} // namespace caisson
