#include "protocol/dialects/google_words.hpp"

#include <array>

#include "actors/hex.hpp"
#include "protocol/json/write.hpp"

namespace caisson::protocol::google_words {
namespace {

using simdjson::SUCCESS;
using simdjson::dom::element;

/// Words for content that was withheld; every other reason is an end.
constexpr auto filtered = std::to_array<std::string_view>(
  {"SAFETY", "RECITATION", "BLOCKLIST", "PROHIBITED_CONTENT", "SPII",
   "IMAGE_SAFETY", "MODEL_ARMOR"});

std::uint64_t fnv1a(std::string_view text,
                    std::uint64_t hash = 0xcbf29ce484222325) noexcept {
  for (unsigned char c : text)
    hash = (hash ^ c) * 0x100000001b3;
  return hash;
}

std::string hex_of(std::uint64_t number) {
  std::string text;
  append_hex(text, number);
  return text;
}

std::string extra_of(std::string_view signature) {
  if (signature.empty())
    return {};
  std::string extra = R"({"google":{"thought_signature":)";
  json::append_string(extra, signature);
  return extra + "}}";
}

} // namespace

finish finish_of(std::string_view reason, bool has_tools) noexcept {
  for (auto word : filtered)
    if (reason == word)
      return finish::content_filter;
  if (reason == "MAX_TOKENS")
    return finish::length;
  return has_tools ? finish::tool_calls : finish::stop;
}

std::string id_of(element root, std::string_view json) {
  auto id = text_of(root["responseId"]);
  return "chatcmpl-" + (id.empty() ? hex_of(fnv1a(json)) : std::string{id});
}

tool_call call_of(element function, std::string_view signature,
                  std::uint64_t index, std::string_view answer_id) {
  tool_call call;
  call.name = text_of(function["name"]);
  element args;
  auto has_args = function["args"].get(args) == SUCCESS && args.is_object();
  call.arguments = has_args ? simdjson::minify(args) : "{}";
  call.id = text_of(function["id"]);
  if (call.id.empty())
    call.id
      = "call_" + std::to_string(index) + '_'
        + hex_of(fnv1a(call.arguments, fnv1a(call.name, fnv1a(answer_id))));
  call.extra = extra_of(signature);
  return call;
}

token_usage usage_of(element usage) {
  token_usage tokens;
  tokens.known = true;
  tokens.input = count_of(usage["promptTokenCount"])
                 + count_of(usage["toolUsePromptTokenCount"]);
  tokens.output = count_of(usage["candidatesTokenCount"])
                  + count_of(usage["thoughtsTokenCount"]);
  tokens.cached_input = count_of(usage["cachedContentTokenCount"]);
  return tokens;
}

answer_choice choice_of(element candidate, std::string_view answer_id) {
  answer_choice choice;
  choice.index = count_of(candidate["index"]);
  each_part(
    candidate, [&](auto piece) { choice.text += piece; },
    [&](auto piece) { choice.reasoning += piece; },
    [&](element function, auto signature) {
      choice.tools.push_back(
        call_of(function, signature, choice.tools.size(), answer_id));
    });
  choice.why
    = finish_of(text_of(candidate["finishReason"]), !choice.tools.empty());
  return choice;
}

bool prompt_blocked(element root) {
  return !text_of(root["promptFeedback"]["blockReason"]).empty();
}

} // namespace caisson::protocol::google_words
