#include <algorithm>
#include <array>

#include "protocol/dialects/encode.hpp"
#include "protocol/dialects/google_request.hpp"
#include "protocol/json/strict.hpp"
#include "protocol/json/write.hpp"

namespace caisson::protocol {
namespace {

using namespace google_words;
using json::object_writer;

struct extension {
  std::string_view suffix;
  std::string_view media_type;
};

constexpr std::array<extension, 7> extensions{{{".png", "image/png"},
                                               {".jpg", "image/jpeg"},
                                               {".jpeg", "image/jpeg"},
                                               {".webp", "image/webp"},
                                               {".gif", "image/gif"},
                                               {".heic", "image/heic"},
                                               {".heif", "image/heif"}}};

/// The API wants to be told what an address leads to; most are photographs.
std::string_view media_type_of(std::string_view url) {
  url = url.substr(0, url.find_first_of("?#"));
  const auto same = [](char a, char b) {
    return (a >= 'A' && a <= 'Z' ? static_cast<char>(a + 32) : a) == b;
  };
  for (const auto& [suffix, media_type] : extensions)
    if (url.size() > suffix.size()
        && std::equal(url.end() - static_cast<std::ptrdiff_t>(suffix.size()),
                      url.end(), suffix.begin(), same))
      return media_type;
  return "image/jpeg";
}

std::string_view role_of(const turn& from) {
  return from.who == speaker::assistant ? "model" : "user";
}

/// What a tool said, as the object that the API wants.
void write_response(object_writer& call, const std::string& content) {
  auto copy = content;
  json::strict_reader reader;
  if (!reader.read(copy) && reader.is_object())
    call.raw("response", content);
  else
    call.object("response").string("result", content);
}

/// Stands in for a signature that a client did not bring back (other vendors'
/// calls have none). Source: ai.google.dev/gemini-api/docs/thought-signatures,
/// on foreign histories.
constexpr std::string_view no_signature = "skip_thought_signature_validator";

/// Gemini refuses a call without a signature from its third generation on. A
/// name without a number ("gemini-flash-latest") means the latest.
bool insists_on_signatures(std::string_view model) {
  constexpr std::string_view family = "gemini-";
  if (!model.starts_with(family))
    return false;
  const auto generation = model.substr(family.size());
  return !generation.starts_with("1.") && !generation.starts_with("2.");
}

/// Writes the parts of one content.
struct part_writer {
  std::string& out;
  /// The model insists on a signature at the first call of each content.
  bool must_sign = false;

  void operator()(const text_part& from) {
    object_writer{out}.string("text", from.text);
  }

  void operator()(const refusal_part& from) {
    object_writer{out}.string("text", from.text);
  }

  void operator()(const image_part& from) {
    object_writer item{out};
    auto data = item.object(from.url.empty() ? "inlineData" : "fileData");
    if (from.url.empty()) {
      data.string("mimeType", from.media_type);
      data.string("data", from.data);
    } else {
      data.string("mimeType", media_type_of(from.url));
      data.string("fileUri", from.url);
    }
  }

  void operator()(const tool_call_part& from) {
    object_writer item{out};
    {
      auto call = item.object("functionCall");
      call.string("name", from.name);
      call.raw("args", from.arguments);
    }
    if (!from.signature.empty())
      item.string("thoughtSignature", from.signature);
    else if (must_sign)
      item.string("thoughtSignature", no_signature);
    must_sign = false;
  }

  void operator()(const tool_result_part& from) {
    object_writer item{out};
    auto answer = item.object("functionResponse");
    answer.string("name", from.name);
    write_response(answer, from.content);
  }
};

/// Turns of one role become one content, as the answers to parallel calls must
/// come together.
void write_contents(std::string& out, const std::vector<turn>& turns,
                    bool must_sign) {
  out += '[';
  for (auto at = turns.begin(); at != turns.end();) {
    const auto role = role_of(*at);
    next_element(out);
    object_writer content{out};
    content.string("role", role);
    content.key("parts") += '[';
    part_writer writer{out, must_sign};
    for (; at != turns.end() && role_of(*at) == role; ++at)
      for (const auto& item : at->parts) {
        next_element(out);
        std::visit(writer, item);
      }
    out += ']';
  }
  out += ']';
}

void write_config(object_writer& config, const conversation& words) {
  const auto number = [&](std::string_view key, std::optional<double> value) {
    if (value)
      config.raw(key, json_number(*value));
  };
  if (!words.stop.empty())
    append_strings(config.key("stopSequences"), words.stop);
  if (words.max_tokens)
    config.number("maxOutputTokens", *words.max_tokens);
  number("temperature", words.temperature);
  number("topP", words.top_p);
  number("presencePenalty", words.presence_penalty);
  number("frequencyPenalty", words.frequency_penalty);
  if (words.n > 1)
    config.number("candidateCount", words.n);
  if (words.seed)
    config.number("seed", *words.seed);
  if (words.json.mode != json_mode::none)
    config.string("responseMimeType", "application/json");
  if (words.json.mode == json_mode::schema)
    config.raw("responseJsonSchema", words.json.schema);
}

/// The API knows calls by name alone: a result of a call that is not in the
/// conversation cannot be said.
std::optional<fault> nameless(const conversation& words) {
  for (const auto& turn : words.turns)
    for (const auto& item : turn.parts)
      if (const auto* answer = std::get_if<tool_result_part>(&item);
          answer && answer->name.empty())
        return unsayable("messages[" + std::to_string(turn.message)
                           + "].tool_call_id",
                         "the id of an earlier tool call");
  return std::nullopt;
}

/// What the provider keeps already is not said again: it would refuse that.
void write_body(std::string& out, const conversation& words, bool must_sign,
                std::string_view kept) {
  object_writer root{out};
  if (kept.empty())
    write_opening(root, words);
  else
    root.string("cachedContent", kept);
  write_contents(root.key("contents"), words.turns, must_sign);
  std::string settings;
  {
    object_writer config{settings};
    write_config(config, words);
  }
  if (settings != "{}")
    root.raw("generationConfig", settings);
}

} // namespace

result<upstream_request>
encode_google(const std::shared_ptr<const chat_request>& request,
              const provider_identity& who) {
  const auto& words = request->words();
  if (auto what = untranslatable(words))
    return std::move(*what);
  if (auto what = nameless(words))
    return std::move(*what);
  std::string body;
  body.reserve(request->body().size() + 512);
  const auto model = bare(who.model);
  write_body(body, words, insists_on_signatures(model), who.kept);
  auto fields = json_fields(words.stream);
  if (!who.api_key.empty())
    add_field(fields, "x-goog-api-key", who.api_key);
  return with_body(target(model, words.stream ? "streamGenerateContent?alt=sse"
                                              : "generateContent"),
                   std::move(fields), std::move(body));
}

} // namespace caisson::protocol
