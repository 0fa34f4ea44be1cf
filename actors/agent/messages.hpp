#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include <caf/allowed_unsafe_message_type.hpp>
#include <caf/typed_actor.hpp>

#include "actors/agent/ports.hpp"

namespace caisson {

/// How much one message may take, see `agent_settings`.
struct agent_bounds {
  std::uint32_t max_steps = 8;
  std::uint64_t max_tokens = 50'000;
  std::uint32_t parallel = 8;
};

/// Somebody says something to the agent.
struct agent_order {
  std::uint64_t id; ///< unique on the I/O thread
  std::shared_ptr<agent_talk> talk;
  std::shared_ptr<agent_world> world;
  std::shared_ptr<agent_client> client;
  agent_bounds bounds;
  conversation_name where;
  bool begins = false; ///< the conversation: nothing was said in it before
  std::string title;   ///< of one that begins
  std::string said;
};

/// Whoever waited has gone.
struct agent_left {
  std::uint64_t id;
};

/// What an errand of an agent has brought.
struct errand_done {
  std::uint64_t id;     ///< of the order
  std::uint64_t errand; ///< of that order
  std::optional<fault> failure;
  bytes said;
  token_usage usage;
};

/// The interface of the AGENT, one on each I/O thread.
using agent_actor = caf::typed_actor<
  // Thinks about a message, with the help of tools, and keeps what was said.
  caf::reacts_to<agent_order>,
  // Gives an order up, and whatever is under way for it.
  caf::reacts_to<agent_left>,
  // INTERNAL: goes on with an order.
  caf::reacts_to<errand_done>>;

} // namespace caisson

CAF_ALLOW_UNSAFE_MESSAGE_TYPE(caisson::agent_order)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(caisson::agent_left)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(caisson::errand_done)
