#pragma once

#include <cstdint>
#include <string>

#include "actors/mcp/tool_filter.hpp"

namespace caisson {

/// What a person can say of the agent.
struct agent_settings {
  /// What it asks, by any name that a client may ask for; empty: the first
  /// model that the node offers.
  std::string model;
  /// Questions to the model for one message.
  std::uint32_t max_steps = 8;
  /// LLM tokens for one message, in and out, over all of its questions.
  std::uint64_t max_tokens = 50'000;
  /// Tools that the model is told of; the rest it can look for.
  std::uint32_t max_tools = 64;
  /// Tools of one step that are called at a time.
  std::uint32_t parallel = 8;
  /// Tools that it may use of those that its caller may, as they are offered.
  tool_filter tools;
};

} // namespace caisson
