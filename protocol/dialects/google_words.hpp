#pragma once

#include <string>
#include <string_view>

#include "protocol/dialects/answer.hpp"
#include "protocol/dialects/json_scratch.hpp"

namespace caisson::protocol::google_words {

/// What Gemini's words mean, without regard to whether they come whole or in
/// a stream. Source: the GenerateContentResponse of Gemini's REST reference.

/// Why a candidate ended. Gemini has no word for "wants to call tools".
finish finish_of(std::string_view reason, bool has_tools) noexcept;

/// The id of an answer. Gemini names neither answers nor calls in all its
/// versions; what stands in is a hash of `json`, so that the same reply has
/// the same names every time.
std::string id_of(simdjson::dom::element root, std::string_view json);

/// The `index`-th call of a candidate. `signature` (a model that thinks wants
/// it back with the call) travels as Google's own OpenAI endpoint has it; the
/// answer's id keeps equal calls of two turns apart.
tool_call call_of(simdjson::dom::element function, std::string_view signature,
                  std::uint64_t index, std::string_view answer_id);

token_usage usage_of(simdjson::dom::element usage);

/// A whole candidate.
answer_choice choice_of(simdjson::dom::element candidate,
                        std::string_view answer_id);

/// Whether the prompt was refused before any candidate was made.
bool prompt_blocked(simdjson::dom::element root);

/// Says the parts of a candidate one by one: to a whole answer or a stream.
template <class Text, class Thought, class Call>
void each_part(simdjson::dom::element candidate, Text text, Thought thought,
               Call call) {
  simdjson::dom::array parts;
  if (candidate["content"]["parts"].get(parts) != simdjson::SUCCESS)
    return;
  for (auto part : parts) {
    simdjson::dom::element function;
    if (part["functionCall"].get(function) == simdjson::SUCCESS) {
      call(function, text_of(part["thoughtSignature"]));
      continue;
    }
    auto piece = text_of(part["text"]);
    if (piece.empty())
      continue;
    if (flag_of(part["thought"]))
      thought(piece);
    else
      text(piece);
  }
}

} // namespace caisson::protocol::google_words
