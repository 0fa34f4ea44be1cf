#pragma once

#include <cstddef>
#include <functional>
#include <optional>
#include <set>
#include <string>
#include <string_view>

#include "actors/fault.hpp"
#include "protocol/json/strict.hpp"

namespace caisson::protocol::messages {

// Reading Anthropic's words, for messages_*.cpp alone. Every function returns
// whether the request has the vendor's shape; if not, the reason is in
// `into.wrong`. What has the shape but no words of OpenAI's is no failure: it
// is noted in `into.unsaid`, and stays sayable to Anthropic.

/// A request on its way into OpenAI's words: pieces of the body to be. Texts
/// are copied with their escapes, numbers and schemas as they were written.
struct draft {
  std::string_view model; ///< its token, with quotes
  std::string_view limit; ///< `max_tokens`, a number
  std::string system;     ///< the inside of a JSON string
  std::string messages;   ///< elements of an array
  bool has_messages = false;
  std::string tools;      ///< likewise
  std::string settings;   ///< members of an object, each after a comma
  std::string choice;     ///< likewise: what makes sense only beside `tools`
  bool must_call = false; ///< `choice` demands a tool
  bool stream = false;
  /// The ids of all calls so far: a result must belong to one.
  std::set<std::string, std::less<>> calls;
  std::optional<fault> wrong;
  std::optional<fault> unsaid;
};

/// What one message says, in OpenAI's words.
struct speech {
  std::string param; ///< "messages[3]"
  bool assistant = false;
  std::string text;      ///< the assistant's: inside of a JSON string
  std::string calls;     ///< elements of `tool_calls`
  std::string results;   ///< whole messages of role "tool"
  std::string parts;     ///< the user's: elements of `content`
  std::size_t count = 0; ///< of them
};

/// How an element of `speech::parts` begins that is a text.
inline constexpr std::string_view text_head = R"({"type":"text","text":)";

/// One block of a message's content.
bool read_block(simdjson::ondemand::value from, const std::string& param,
                speech& to, draft& into);

/// Adds a text as it was written, if it is not empty.
void add_text(std::string_view text, speech& to);

/// `system`: a string or an array of texts. They are joined as paragraphs.
bool read_system(simdjson::ondemand::value from, draft& into);

/// `messages`.
bool read_messages(simdjson::ondemand::value from, draft& into);

bool read_tools(simdjson::ondemand::value from, draft& into);
bool read_choice(simdjson::ondemand::value from, draft& into);

/// A format for the answer: `output_config.format`.
bool read_format(simdjson::ondemand::value from, const std::string& param,
                 draft& into);

/// A text, or texts in an array of blocks, joined by `glue`, into the inside
/// of a JSON string.
bool read_texts(simdjson::ondemand::value from, const std::string& param,
                std::string_view glue, std::string& text, draft& into);

/// The client's mistake: `param` is missing or of a wrong type, or has a value
/// that cannot be. Always false.
bool wrong(draft& into, std::string param, std::string_view expected);
bool beyond(draft& into, std::string param, std::string_view allowed);

/// What only Anthropic can be told. Always true: reading goes on.
bool unsaid(draft& into, std::string param, std::string_view expected);

/// `list[index]field`
std::string place(std::string_view list, std::size_t index,
                  std::string_view field = {});

/// A string's characters as they were written, escapes and all; false for
/// anything that is no string.
bool inside(simdjson::ondemand::value from, std::string_view& text);
bool inside(simdjson::simdjson_result<simdjson::ondemand::value> from,
            std::string_view& text);

bool is_null(simdjson::ondemand::value& value);

/// Begins another element of an array, or a line of a text.
void next(std::string& list, std::string_view glue = ",");

using json::each_element;
using json::each_member;

} // namespace caisson::protocol::messages
