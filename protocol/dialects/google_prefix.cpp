// What requests to Gemini begin with, and how it is kept there.
#include "protocol/dialects/google_request.hpp"

#include "protocol/dialects/embeddings.hpp"
#include "protocol/dialects/encode.hpp"
#include "protocol/dialects/json_scratch.hpp"

namespace caisson::protocol::google_words {
namespace {

using json::object_writer;

/// Shorter prefixes are not kept: the vendor would refuse some of them, and
/// its storage costs more than it saves. In bytes, by the rule of thumb of four
/// for a token.
constexpr std::size_t shortest_prefix = 4 * 4096;

/// One segment of a path (RFC 3986, section 3.3): all but the unreserved
/// characters is encoded.
std::string path_segment(std::string_view text) {
  constexpr std::string_view hex = "0123456789ABCDEF";
  constexpr std::string_view plain
    = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~";
  std::string result;
  for (const auto c : text) {
    if (plain.find(c) != plain.npos) {
      result += c;
      continue;
    }
    const auto byte = static_cast<unsigned char>(c);
    result += '%';
    result += hex[byte >> 4];
    result += hex[byte & 15];
  }
  return result;
}

void write_tools(object_writer& root,
                 const std::vector<tool_definition>& tools) {
  auto& out = root.key("tools");
  out += R"([{"functionDeclarations":[)";
  for (const auto& tool : tools) {
    next_element(out);
    object_writer item{out};
    item.string("name", tool.name);
    if (!tool.description.empty())
      item.string("description", tool.description);
    if (!tool.parameters.empty())
      item.raw("parametersJsonSchema", tool.parameters);
  }
  out += "]}]";
}

std::string_view word_of(tool_mode mode) {
  switch (mode) {
    case tool_mode::automatic:
      return "AUTO";
    case tool_mode::none:
      return "NONE";
    case tool_mode::required:
    case tool_mode::named:
      return "ANY";
  }
  return "AUTO";
}

void write_choice(object_writer& root, const tool_choice& choice) {
  auto config = root.object("toolConfig");
  auto calling = config.object("functionCallingConfig");
  calling.string("mode", word_of(choice.mode));
  if (choice.mode != tool_mode::named)
    return;
  auto& out = calling.key("allowedFunctionNames");
  out += '[';
  json::append_string(out, choice.name);
  out += ']';
}

/// Reads the reply to a creation.
class name_reader final : public unstreamed_reader {
public:
  result<whole_reply> whole(std::string_view body) override {
    simdjson::dom::element root;
    whole_reply reply;
    if (parse_tree(body, root) == simdjson::SUCCESS)
      reply.translated = text_of(root["name"]);
    if (!reply.translated.starts_with("cachedContents/"))
      return undecodable("the provider's reply is no cached content");
    reply.body = reply.translated;
    return reply;
  }
};

} // namespace

std::string_view bare(std::string_view model) {
  constexpr std::string_view prefix = "models/";
  return model.starts_with(prefix) ? model.substr(prefix.size()) : model;
}

std::string target(std::string_view model, std::string_view method) {
  return ("/v1beta/models/" + path_segment(model) + ':').append(method);
}

void write_opening(object_writer& root, const conversation& words) {
  if (!words.system.empty()) {
    auto& system = root.key("systemInstruction");
    system += R"({"parts":[)";
    object_writer{system}.string("text", words.system);
    system += "]}";
  }
  if (words.tools.empty())
    return;
  write_tools(root, words.tools);
  if (words.choice)
    write_choice(root, *words.choice);
}

std::string prefix_of(const conversation& words) {
  std::string members;
  {
    object_writer root{members};
    write_opening(root, words);
  }
  if (members.size() < shortest_prefix)
    return {};
  return members.substr(1, members.size() - 2);
}

keeping keep(const std::string& prefix, std::chrono::seconds life,
             const provider_identity& who) {
  std::string body;
  {
    object_writer root{body};
    root.string("model", "models/" + std::string{bare(who.model)});
    root.string("ttl", std::to_string(life.count()) + "s");
    body += ',';
    body += prefix;
  }
  auto fields = json_fields(false);
  if (!who.api_key.empty())
    add_field(fields, "x-goog-api-key", who.api_key);
  return {
    with_body("/v1beta/cachedContents", std::move(fields), std::move(body)),
    std::make_unique<name_reader>()};
}

} // namespace caisson::protocol::google_words
