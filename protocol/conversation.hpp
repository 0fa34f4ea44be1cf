#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "actors/fault.hpp"

namespace caisson::protocol {

// A chat request in nobody's dialect: what a translation needs to say it in
// another. "JSON text" is a member's bytes as the client wrote them, so that a
// schema or a number is never rewritten on its way through.

enum class speaker : std::uint8_t { user, assistant, tool };

struct text_part {
  std::string text;
};

/// An image by address, or (when `url` is empty) as base64 `data`.
struct image_part {
  std::string url;
  std::string media_type; ///< of `data`, for example image/png
  std::string data;
};

struct tool_call_part {
  std::string id;
  std::string name;
  /// JSON text of an object; checked, `{}` where the client had nothing.
  std::string arguments;
  /// Google's `thoughtSignature`, which clients bring back in
  /// `extra_content.google.thought_signature`; empty when there is none.
  std::string signature;
};

struct tool_result_part {
  std::string id;
  /// Of the tool, from the call of that id; empty when no call has it.
  std::string name;
  std::string content; ///< text, often JSON
};

struct refusal_part {
  std::string text;
};

using part = std::variant<text_part, image_part, tool_call_part,
                          tool_result_part, refusal_part>;

/// One message of a user, the assistant or a tool.
struct turn {
  speaker who = speaker::user;
  std::size_t message = 0; ///< its index in the client's `messages`
  std::vector<part> parts; ///< never an empty text among them
};

struct tool_definition {
  std::string name;
  std::string description;
  std::string parameters; ///< JSON text of a schema; empty when there is none
  bool strict = false;
};

enum class tool_mode : std::uint8_t { automatic, none, required, named };

struct tool_choice {
  tool_mode mode = tool_mode::automatic;
  std::string name; ///< when named
};

enum class json_mode : std::uint8_t { none, object, schema };

struct json_wish {
  json_mode mode = json_mode::none;
  std::string name;
  std::string schema; ///< JSON text, when mode is schema
};

struct conversation {
  std::string system; ///< all of it, paragraphs between the messages
  std::vector<turn> turns;
  std::vector<tool_definition> tools;
  std::optional<tool_choice> choice;
  std::optional<bool> parallel_tool_calls;
  std::vector<std::string> stop;
  std::optional<std::int64_t> max_tokens;
  std::optional<double> temperature;
  std::optional<double> top_p;
  std::optional<double> presence_penalty;
  std::optional<double> frequency_penalty;
  std::optional<std::int64_t> seed;
  std::int64_t n = 1;
  std::string user;
  json_wish json;
  std::string reasoning_effort;
  bool stream = false;

  /// Why this cannot be translated, if it cannot: the shape of a field that
  /// the door leaves to providers, or a kind of content that only OpenAI has.
  /// A translation refuses with it; nothing above is complete then.
  std::optional<fault> flaw;
};

/// The words of a body of OpenAI's dialect that `json::strict_reader` has
/// passed. Never throws for what the body holds.
conversation read_openai_conversation(const std::string& body);

} // namespace caisson::protocol
