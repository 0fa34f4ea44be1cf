#pragma once

#include <string>
#include <string_view>

#include <simdjson.h>

#include "actors/call.hpp"
#include "protocol/json/write.hpp"

namespace caisson::protocol::messages {

// What a whole answer and a stream have in common in Anthropic's words.

/// `msg_…`, from the id of a completion; an Anthropic provider's own comes out
/// as it was. `trace_id` stands in for none.
std::string message_id(std::string_view completion_id,
                       std::string_view trace_id);

/// A call's id, or one made of where it stands in which message.
std::string call_id(std::string_view given, std::string_view message_id,
                    std::size_t index);

/// How a choice ended.
struct ending {
  std::string_view finish_reason; ///< OpenAI's
  bool calls = false;             ///< it asks for a tool
  bool refuses = false;           ///< it has a `refusal`
};

std::string_view stop_reason(const ending& of) noexcept;

/// `usage` of a completion or a chunk; not known if it is none.
token_usage
usage_in(simdjson::simdjson_result<simdjson::dom::element> usage) noexcept;

/// The member `usage`.
void write_usage(json::object_writer& to, const token_usage& tokens);

} // namespace caisson::protocol::messages
