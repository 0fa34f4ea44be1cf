#include <algorithm>
#include <array>

#include "protocol/fronts/messages_read.hpp"
#include "protocol/json/write.hpp"

namespace caisson::protocol::messages {
namespace {

namespace ondemand = simdjson::ondemand;

bool read_text(ondemand::object from, const std::string& param, speech& to,
               draft& into) {
  std::string_view text;
  if (!inside(from["text"], text))
    return wrong(into, param + ".text", "a string");
  add_text(text, to);
  return true;
}

bool read_source(ondemand::object source, const std::string& param,
                 std::string& url, draft& into) {
  std::string_view type;
  std::string_view media;
  std::string_view text;
  if (source["type"].get_string().get(type))
    return wrong(into, param + ".type", "a string");
  if (type == "url") {
    if (!inside(source["url"], text) || text.empty())
      return wrong(into, param + ".url", "the address of an image");
    url = text;
    return true;
  }
  if (type != "base64")
    return unsaid(into, param, "base64 or a url");
  if (source["media_type"].get_string().get(media))
    return wrong(into, param + ".media_type", "a string");
  if (!media.starts_with("image/"))
    return beyond(into, param + ".media_type", "an image's");
  if (!inside(source["data"], text))
    return wrong(into, param + ".data", "a string");
  url = "data:";
  json::append_escaped(url, media);
  (url += ";base64,") += text;
  return true;
}

bool read_image(ondemand::object from, const std::string& param, speech& to,
                draft& into) {
  ondemand::object source;
  std::string url;
  if (from["source"].get_object().get(source))
    return wrong(into, param + ".source", "an object");
  if (!read_source(source, param + ".source", url, into))
    return false;
  next(to.parts);
  ((to.parts += R"({"type":"image_url","image_url":{"url":")") += url)
    += "\"}}";
  ++to.count;
  return true;
}

/// A document of plain text is said as text; nobody else reads the others.
bool read_document(ondemand::object from, const std::string& param, speech& to,
                   draft& into) {
  ondemand::object source;
  std::string_view type;
  std::string_view text;
  if (from["source"].get_object().get(source)
      || source["type"].get_string().get(type))
    return wrong(into, param + ".source", "an object with a type");
  if (type != "text")
    return unsaid(into, param + ".source", "plain text");
  if (!inside(source["data"], text))
    return wrong(into, param + ".source.data", "a string");
  std::string whole;
  for (const auto* key : {"title", "context"})
    if (std::string_view line; inside(from[key], line) && !line.empty())
      (whole += line) += R"(\n\n)";
  add_text(whole += text, to);
  return true;
}

bool read_call(ondemand::object from, const std::string& param, speech& to,
               draft& into) {
  std::string_view id;
  std::string_view name;
  std::string_view input;
  ondemand::object arguments;
  if (from["id"].get_string().get(id) || id.empty())
    return wrong(into, param + ".id", "a string, not empty");
  if (from["name"].get_string().get(name) || name.empty())
    return wrong(into, param + ".name", "a string, not empty");
  if (from["input"].get_object().get(arguments)
      || arguments.raw_json().get(input))
    return wrong(into, param + ".input", "an object");
  into.calls.emplace(id);
  next(to.calls);
  json::object_writer call{to.calls};
  call.string("id", id);
  call.string("type", "function");
  auto function = call.object("function");
  function.string("name", name);
  function.string("arguments", json::trim(input));
  return true;
}

/// What a tool said: its texts go into the result. Its images go to the user's
/// message behind it, since a result of OpenAI's has none.
bool read_said(ondemand::value from, const std::string& param,
               std::string& text, speech& to, draft& into) {
  ondemand::array blocks;
  std::string_view whole;
  if (is_null(from))
    return true;
  if (inside(from, whole)) {
    text += whole;
    return true;
  }
  if (from.get_array().get(blocks))
    return wrong(into, param, "a string or an array of blocks");
  return each_element(blocks, [&](std::size_t i, ondemand::value value) {
    const auto at = place(param, i);
    ondemand::object block;
    std::string_view type;
    if (value.get_object().get(block) || block["type"].get_string().get(type))
      return wrong(into, at + ".type", "a string");
    if (type == "image")
      return read_image(block, at, to, into);
    if (type != "text")
      return unsaid(into, at + ".type", "text or image");
    if (!inside(block["text"], whole))
      return wrong(into, at + ".text", "a string");
    next(text, R"(\n)");
    text += whole;
    return true;
  });
}

bool read_result(ondemand::object from, const std::string& param, speech& to,
                 draft& into) {
  std::string_view id;
  if (from["tool_use_id"].get_string().get(id))
    return wrong(into, param + ".tool_use_id", "a string");
  if (!into.calls.contains(id))
    return beyond(into, param + ".tool_use_id",
                  "the id of an earlier tool_use");
  bool failed = false;
  ondemand::value value;
  if (!from["is_error"].get(value) && !is_null(value)
      && value.get_bool().get(failed))
    return wrong(into, param + ".is_error", "a boolean");
  std::string text;
  if (!from["content"].get(value)
      && !read_said(value, param + ".content", text, to, into))
    return false;
  next(to.results);
  to.results += R"({"role":"tool","tool_call_id":)";
  json::append_string(to.results, id);
  // OpenAI has no word for a tool that failed but the tool's own.
  ((to.results += R"(,"content":")") += failed ? "Error: " : "") += text;
  to.results += "\"}";
  return true;
}

bool read_nothing(ondemand::object, const std::string&, speech&, draft&) {
  return true;
}

enum class who : std::uint8_t { anybody, user, assistant };

struct kind {
  std::string_view type;
  who may;
  bool (*read)(ondemand::object, const std::string&, speech&, draft&);
};

constexpr auto kinds = std::to_array<kind>({
  {"text", who::anybody, read_text},
  {"image", who::user, read_image},
  {"document", who::user, read_document},
  {"tool_use", who::assistant, read_call},
  {"tool_result", who::user, read_result},
  {"thinking", who::assistant, read_nothing},
  {"redacted_thinking", who::assistant, read_nothing},
});

} // namespace

void add_text(std::string_view text, speech& to) {
  if (text.empty())
    return;
  if (to.assistant) {
    to.text += text;
    return;
  }
  next(to.parts);
  (((to.parts += text_head) += '"') += text) += "\"}";
  ++to.count;
}

bool read_block(ondemand::value from, const std::string& param, speech& to,
                draft& into) {
  ondemand::object block;
  std::string_view type;
  if (from.get_object().get(block))
    return wrong(into, param, "an object");
  if (block["type"].get_string().get(type))
    return wrong(into, param + ".type", "a string");
  const auto found = std::find_if(kinds.begin(), kinds.end(),
                                  [&](auto& row) { return row.type == type; });
  if (found == kinds.end())
    return unsaid(into, param + ".type",
                  "text, image, tool_use or tool_result");
  if (found->may != who::anybody
      && to.assistant != (found->may == who::assistant))
    return beyond(into, param + ".type", "of a kind that this role can say");
  return found->read(block, param, to, into);
}

} // namespace caisson::protocol::messages
