#include <algorithm>

#include "protocol/dialects/anthropic_marks.hpp"
#include "protocol/dialects/encode.hpp"
#include "protocol/json/write.hpp"

namespace caisson::protocol {
namespace {

using json::object_writer;

constexpr std::string_view messages_path = "/v1/messages";

/// The API demands a limit; this is what callers get who name none.
constexpr std::int64_t default_max_tokens = 4096;

/// OpenAI's json_object has no counterpart.
constexpr std::string_view json_instruction
  = "Answer with one valid JSON object and nothing else.";

/// A tool without parameters still has a schema.
constexpr std::string_view empty_schema
  = R"({"type":"object","properties":{}})";

std::string_view role_of(const turn& from) {
  return from.who == speaker::assistant ? "assistant" : "user";
}

void write_text(std::string& out, std::string_view text) {
  object_writer block{out};
  block.string("type", "text");
  block.string("text", text);
}

/// Writes the content block of a part.
struct block_writer {
  std::string& out;

  void operator()(const text_part& from) { write_text(out, from.text); }
  void operator()(const refusal_part& from) { write_text(out, from.text); }

  void operator()(const image_part& from) {
    object_writer block{out};
    block.string("type", "image");
    auto source = block.object("source");
    source.string("type", from.url.empty() ? "base64" : "url");
    if (!from.url.empty()) {
      source.string("url", from.url);
    } else {
      source.string("media_type", from.media_type);
      source.string("data", from.data);
    }
  }

  void operator()(const tool_call_part& from) {
    object_writer block{out};
    block.string("type", "tool_use");
    block.string("id", from.id);
    block.string("name", from.name);
    block.raw("input", from.arguments);
  }

  void operator()(const tool_result_part& from) {
    object_writer block{out};
    block.string("type", "tool_result");
    block.string("tool_use_id", from.id);
    block.string("content", from.content);
  }
};

/// Puts a mark for the provider's cache into the block that was written last.
void mark_last(std::string& out) {
  out.pop_back();
  out += cache_mark;
}

/// Turns of one role become one message: the API wants roles to alternate, and
/// all results of a turn's calls together.
void write_messages(std::string& out, const std::vector<turn>& turns,
                    std::optional<std::size_t> marked) {
  const auto* const kept = marked ? &turns[*marked] : nullptr;
  out += '[';
  for (auto at = turns.begin(); at != turns.end();) {
    const auto role = role_of(*at);
    next_element(out);
    object_writer message{out};
    message.string("role", role);
    message.key("content") += '[';
    for (; at != turns.end() && role_of(*at) == role; ++at) {
      for (const auto& item : at->parts) {
        next_element(out);
        std::visit(block_writer{out}, item);
      }
      if (&*at == kept)
        mark_last(out);
    }
    out += ']';
  }
  out += ']';
}

void write_tools(std::string& out, const std::vector<tool_definition>& tools,
                 bool marked) {
  out += '[';
  for (const auto& tool : tools) {
    next_element(out);
    object_writer item{out};
    item.string("name", tool.name);
    if (!tool.description.empty())
      item.string("description", tool.description);
    item.raw("input_schema",
             tool.parameters.empty() ? empty_schema : tool.parameters);
    if (tool.strict)
      item.raw("strict", "true");
  }
  if (marked)
    mark_last(out);
  out += ']';
}

std::string_view word_of(tool_mode mode) {
  switch (mode) {
    case tool_mode::automatic:
      return "auto";
    case tool_mode::none:
      return "none";
    case tool_mode::required:
      return "any";
    case tool_mode::named:
      return "tool";
  }
  return "auto";
}

void write_choice(object_writer& root, const conversation& words) {
  const auto alone = words.parallel_tool_calls == false;
  if (words.tools.empty() || (!words.choice && !alone))
    return;
  const auto choice = words.choice.value_or(tool_choice{});
  auto item = root.object("tool_choice");
  item.string("type", word_of(choice.mode));
  if (choice.mode == tool_mode::named)
    item.string("name", choice.name);
  if (alone && choice.mode != tool_mode::none)
    item.raw("disable_parallel_tool_use", "true");
}

void write_system(object_writer& root, const conversation& words, bool marked) {
  auto system = words.system;
  if (words.json.mode == json_mode::object) {
    if (!system.empty())
      system += "\n\n";
    system += json_instruction;
  }
  if (system.empty())
    return;
  if (!marked) {
    root.string("system", system);
    return;
  }
  // Only a block can bear a mark.
  auto& blocks = root.key("system");
  blocks += '[';
  write_text(blocks, system);
  mark_last(blocks);
  blocks += ']';
}

void write_settings(object_writer& root, const conversation& words) {
  root.number("max_tokens", words.max_tokens.value_or(default_max_tokens));
  // OpenAI's scale ends at 2, this one at 1.
  if (words.temperature)
    root.raw("temperature", json_number(std::min(*words.temperature, 1.0)));
  // 1 says nothing, and newer models refuse it beside a temperature.
  if (words.top_p && *words.top_p < 1)
    root.raw("top_p", json_number(*words.top_p));
  if (!words.stop.empty())
    append_strings(root.key("stop_sequences"), words.stop);
  if (!words.user.empty())
    root.object("metadata").string("user_id", words.user);
  if (words.json.mode == json_mode::schema) {
    auto config = root.object("output_config");
    auto format = config.object("format");
    format.string("type", "json_schema");
    format.raw("schema", words.json.schema);
  }
  if (words.stream)
    root.raw("stream", "true");
}

std::string fields_for(bool stream, const provider_identity& who) {
  auto fields = json_fields(stream);
  if (!who.api_key.empty())
    add_field(fields, "x-api-key", who.api_key);
  add_field(fields, "anthropic-version", "2023-06-01");
  return fields;
}

/// What the pieces of a forwarded body point into.
struct pieces {
  std::shared_ptr<const chat_request> request;
  std::string model; ///< as JSON string
};

/// A request that came in this dialect: the client's own bytes with another
/// model.
upstream_request forward(const std::shared_ptr<const chat_request>& request,
                         const provider_identity& who) {
  const auto& came = *request->origin();
  const std::string_view body{came.original};
  auto kept = std::make_shared<pieces>(pieces{request, {}});
  json::append_string(kept->model, who.model);
  upstream_request result;
  result.target = messages_path;
  result.fields = fields_for(request->stream(), who);
  if (!came.field.empty())
    add_field(result.fields, "anthropic-beta", came.field);
  result.body = {body.substr(0, came.model_begin), kept->model,
                 body.substr(came.model_end)};
  result.owner = std::move(kept);
  return result;
}

} // namespace

result<upstream_request>
encode_anthropic(const std::shared_ptr<const chat_request>& request,
                 const provider_identity& who) {
  if (request->client() == wire::anthropic)
    return forward(request, who);
  const auto& words = request->words();
  if (auto what = untranslatable(words))
    return std::move(*what);
  if (words.n > 1)
    return unsayable("n", "1");
  std::string body;
  body.reserve(request->body().size() + 512);
  const auto marks = who.prompt_cache ? marks_of(words) : cache_marks{};
  {
    object_writer root{body};
    root.string("model", who.model);
    write_system(root, words, marks.system);
    write_messages(root.key("messages"), words.turns, marks.turn);
    if (!words.tools.empty())
      write_tools(root.key("tools"), words.tools, marks.tools);
    write_choice(root, words);
    write_settings(root, words);
  }
  return with_body(std::string{messages_path}, fields_for(words.stream, who),
                   std::move(body));
}

} // namespace caisson::protocol
