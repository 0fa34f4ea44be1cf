#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "actors/call.hpp"

namespace caisson::protocol {

/// Why a model stopped, in words that every vendor's map to.
enum class finish : std::uint8_t { stop, length, tool_calls, content_filter };

/// A tool the model asks to call.
struct tool_call {
  std::string id;
  std::string name;
  /// The arguments as JSON text.
  std::string arguments;
  /// JSON of vendor extras that the client must send back with the call
  /// (Gemini's thought signature), as OpenAI's `extra_content`; or empty.
  std::string extra;
};

struct answer_choice {
  std::uint64_t index = 0;
  std::string text;
  std::string reasoning;
  std::vector<tool_call> tools;
  finish why = finish::stop;
  /// JSON of the vendor's own message, for a client of its dialect, as the
  /// message's `extra_content`; or empty.
  std::string extra;
};

/// A whole answer between two vendors' words: a provider's reader fills it, a
/// client's writer says it. Streams have the same words, one at a time.
struct answer {
  std::string id;
  std::string model;
  std::int64_t created = 0; ///< Unix seconds
  std::vector<answer_choice> choices;
  token_usage usage;
};

} // namespace caisson::protocol
