#include "protocol/fronts/messages_words.hpp"

#include <algorithm>

#include "protocol/dialects/json_scratch.hpp"

namespace caisson::protocol::messages {

std::string message_id(std::string_view completion_id,
                       std::string_view trace_id) {
  constexpr std::string_view theirs = "chatcmpl-";
  constexpr std::string_view ours = "msg_";
  if (completion_id.starts_with(theirs))
    completion_id.remove_prefix(theirs.size());
  if (completion_id.empty())
    completion_id = trace_id;
  if (completion_id.starts_with(ours))
    return std::string{completion_id};
  return std::string{ours} += completion_id;
}

std::string call_id(std::string_view given, std::string_view message_id,
                    std::size_t index) {
  if (!given.empty())
    return std::string{given};
  return ((std::string{"toolu_"} += message_id) += '_')
         += std::to_string(index);
}

std::string_view stop_reason(const ending& of) noexcept {
  if (of.finish_reason == "length")
    return "max_tokens";
  if (of.refuses || of.finish_reason == "content_filter")
    return "refusal";
  // Some servers say "stop" although they call.
  if (of.calls)
    return "tool_use";
  return "end_turn";
}

token_usage
usage_in(simdjson::simdjson_result<simdjson::dom::element> usage) noexcept {
  token_usage tokens;
  if (usage.error() != simdjson::SUCCESS || !usage.is_object())
    return tokens;
  tokens.known = true;
  tokens.input = count_of(usage["prompt_tokens"]);
  tokens.output = count_of(usage["completion_tokens"]);
  tokens.cached_input
    = count_of(usage["prompt_tokens_details"]["cached_tokens"]);
  return tokens;
}

void write_usage(json::object_writer& to, const token_usage& tokens) {
  auto usage = to.object("usage");
  // Anthropic counts cached input apart, OpenAI within the prompt.
  const auto cached = std::min(tokens.cached_input, tokens.input);
  usage.number("input_tokens", tokens.input - cached);
  usage.number("cache_creation_input_tokens", 0);
  usage.number("cache_read_input_tokens", cached);
  usage.number("output_tokens", tokens.output);
}

} // namespace caisson::protocol::messages
