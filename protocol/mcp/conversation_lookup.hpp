#pragma once

#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "actors/stores/conversations.hpp"
#include "protocol/mcp/catalogue.hpp"
#include "protocol/mcp/tool_result.hpp"

namespace caisson::protocol::mcp {

inline constexpr std::string_view conversation_get_name = "conversation_get";
inline constexpr std::string_view conversation_search_name
  = "conversation_search";

/// Of what a caller calls a conversation by, in bytes.
inline constexpr std::size_t longest_thread = 64;

/// `conversation_get` and `conversation_search`: what a caller has said to the
/// agent, and what it has answered.
std::vector<tool_offer> conversation_offers();

/// The question to the storage that a call of such a tool is, of `owner`; or
/// what is wrong with its arguments, a JSON object that has been read, or
/// empty.
std::variant<conversation_question, std::string>
read_conversation_call(std::string_view tool, std::string_view arguments,
                       std::string_view owner);

/// The result of a call, out of what the storage says.
tool_result conversation_result(const conversation_answer& said);

} // namespace caisson::protocol::mcp
