#pragma once

#include <string>
#include <string_view>

#include "protocol/conversation.hpp"
#include "protocol/json/strict.hpp"

namespace caisson::protocol {

// Reading OpenAI's words, for conversation*.cpp alone. Every function returns
// whether it went well and otherwise leaves the reason in `into.flaw`.

/// One message while its members come in, in whatever order they do.
struct message {
  std::string param; ///< "messages[3]"
  std::string role;
  std::string name;
  std::string tool_call_id;
  std::string refusal;
  std::vector<part> content;
  std::vector<part> calls;
  bool has_content = false;
};

/// The member `messages`, an array: system text and turns.
bool read_messages(simdjson::ondemand::value from, conversation& into);

/// A message's `content`: a string or an array of parts.
bool read_content(simdjson::ondemand::value from, message& to,
                  conversation& into);

/// A message's `tool_calls`.
bool read_calls(simdjson::ondemand::value from, message& to,
                conversation& into);

/// `function_call`, what `tool_calls` were before. It has no id, and the
/// message of role "function" that answers it names the function instead: the
/// name stands in for the id until `add_turn` makes it unique.
bool read_old_call(simdjson::ondemand::value from, message& to,
                   conversation& into);

bool read_tools(simdjson::ondemand::value from, conversation& into);

/// `functions`, what `tools` were before; still sent by old clients.
bool read_functions(simdjson::ondemand::value from, conversation& into);

/// `tool_choice`, or `function_call` as it was called before.
bool read_choice(simdjson::ondemand::value from, std::string_view param,
                 conversation& into);

/// `response_format`.
bool read_format(simdjson::ondemand::value from, conversation& into);

/// The client's mistake: `param` is not what it must be. Always false.
bool wrong(conversation& into, const std::string& param,
           std::string_view expected);

/// What OpenAI may understand but no other vendor can be told. Always false.
bool unsaid(conversation& into, const std::string& param,
            std::string_view expected);

/// Notes that `param` is not what it must be; always false.
bool refuse(conversation& into, errc code, std::string param,
            std::string_view expected);

/// The text of a string; a null is an empty one.
bool read_text(simdjson::ondemand::value from, std::string& text);

/// Any value as the client wrote it; empty for null.
std::string json_text(simdjson::ondemand::value from);

using json::each_element;
using json::each_member;

} // namespace caisson::protocol
