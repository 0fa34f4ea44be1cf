#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "actors/stores/conversations.hpp"
#include "protocol/mcp/catalogue.hpp"
#include "protocol/mcp/error.hpp"

namespace caisson::protocol::mcp {

/// The prompts that the node has by itself: `code_review`,
/// `summarize_conversation`, `debug_error`.
std::vector<offer> own_prompts();

/// The members of the result of `prompts/get`. `arguments` is a JSON object
/// that has been read, or empty. `invalid_params` for a prompt that is none of
/// ours, an argument that it needs and has not, or one that is no string.
checked<std::string> get_own_prompt(std::string_view name,
                                    std::string_view arguments);

/// A summary that is wanted of a conversation with the agent.
struct thread_summary {
  std::string thread;
  std::string style;
};

/// Whether a prompt is about a conversation that is to be read first, by
/// `write_summary`; nothing: `get_own_prompt` has all that it needs.
std::optional<thread_summary> summary_of_thread(std::string_view name,
                                                std::string_view arguments);

/// The members of the result, once it is read. `invalid_params` where there is
/// no such conversation.
checked<std::string> write_summary(const thread_summary& what,
                                   const conversation_page& said);

/// What may be proposed for an argument of a prompt, perhaps none; nothing if
/// there is no such prompt or argument.
std::optional<std::vector<std::string_view>>
own_prompt_values(std::string_view name, std::string_view argument);

} // namespace caisson::protocol::mcp
