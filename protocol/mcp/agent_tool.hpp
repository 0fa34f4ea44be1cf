#pragma once

#include <string>
#include <string_view>
#include <variant>

#include "actors/agent/ports.hpp"
#include "protocol/mcp/catalogue.hpp"
#include "protocol/mcp/tool_result.hpp"

namespace caisson::protocol::mcp {

inline constexpr std::string_view agent_chat_name = "agent_chat";

/// `agent_chat`: says something to the agent of the node, which answers with
/// the help of models and tools, and remembers.
tool_offer agent_chat_offer();

/// What a caller of it wants.
struct agent_wish {
  std::string message;
  std::string thread; ///< empty: a conversation begins
  bool concise = true;
};

/// Reads the arguments, a JSON object that has been read, or empty; or says
/// what is wrong with them.
std::variant<agent_wish, std::string>
read_agent_wish(std::string_view arguments);

/// What a conversation is called that begins with that message: its first
/// words.
std::string title_of(std::string_view message);

/// The result of a call that went well, as far as the agent has got.
tool_result agent_result(const agent_wish& what, std::string_view thread,
                         const agent_answer& said);

/// The result of one that did not: what was wrong, how far it had come, and
/// whether to ask again.
tool_result agent_failure(const fault& why, const agent_account& so_far);

/// What a person is told of a step while they wait.
std::string sentence_of_step(std::uint32_t step);
std::string sentence_of_step(const std::vector<tool_wish>& tools);

} // namespace caisson::protocol::mcp
