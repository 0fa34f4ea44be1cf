#include "protocol/fronts/messages_read.hpp"

namespace caisson::protocol::messages {
namespace {

namespace ondemand = simdjson::ondemand;

bool read_content(ondemand::value from, speech& to, draft& into) {
  ondemand::array blocks;
  std::string_view text;
  const auto param = to.param + ".content";
  if (inside(from, text)) {
    add_text(text, to);
    return true;
  }
  if (from.get_array().get(blocks))
    return wrong(into, param, "a string or an array of blocks");
  return each_element(blocks, [&](std::size_t i, ondemand::value value) {
    return read_block(value, place(param, i), to, into);
  });
}

/// An assistant that only thought has said nothing.
void say_assistant(const speech& what, std::string& out) {
  if (what.text.empty() && what.calls.empty())
    return;
  next(out);
  out += R"({"role":"assistant","content":)";
  if (what.text.empty())
    out += "null";
  else
    ((out += '"') += what.text) += '"';
  if (!what.calls.empty())
    ((out += R"(,"tool_calls":[)") += what.calls) += ']';
  out += '}';
}

/// Results come first: OpenAI wants them right behind their calls.
void say_user(const speech& what, std::string& out) {
  if (!what.results.empty()) {
    next(out);
    out += what.results;
  }
  if (what.parts.empty())
    return;
  next(out);
  out += R"({"role":"user","content":)";
  // Not every server that is compatible reads parts: one text goes alone.
  const std::string_view parts{what.parts};
  if (what.count == 1 && parts.starts_with(text_head))
    (out += parts.substr(text_head.size(), parts.size() - text_head.size() - 1))
      += '}';
  else
    ((out += '[') += parts) += "]}";
}

bool read_message(ondemand::value from, std::string param, draft& into) {
  ondemand::object fields;
  ondemand::value content;
  std::string_view role;
  if (from.get_object().get(fields))
    return wrong(into, param, "an object");
  if (fields["role"].get_string().get(role))
    return wrong(into, param + ".role", "a string");
  if (role != "user" && role != "assistant" && role != "system")
    return beyond(into, param + ".role", "user or assistant");
  if (fields["content"].get(content))
    return wrong(into, param + ".content", "a string or an array of blocks");
  if (role == "system") {
    std::string text;
    if (!read_texts(content, param + ".content", R"(\n\n)", text, into))
      return false;
    next(into.messages);
    ((into.messages += R"({"role":"system","content":")") += text) += "\"}";
    return true;
  }
  speech what;
  what.param = std::move(param);
  what.assistant = role == "assistant";
  if (!read_content(content, what, into))
    return false;
  if (what.assistant)
    say_assistant(what, into.messages);
  else if (!what.parts.empty() || !what.results.empty())
    say_user(what, into.messages);
  else if (!into.unsaid)
    return beyond(into, what.param + ".content", "not empty");
  return true;
}

} // namespace

bool read_texts(ondemand::value from, const std::string& param,
                std::string_view glue, std::string& text, draft& into) {
  ondemand::array blocks;
  std::string_view piece;
  if (inside(from, piece)) {
    text += piece;
    return true;
  }
  if (from.get_array().get(blocks))
    return wrong(into, param, "a string or an array of text blocks");
  return each_element(blocks, [&](std::size_t i, ondemand::value value) {
    const auto at = place(param, i);
    ondemand::object block;
    std::string_view type;
    if (value.get_object().get(block) || block["type"].get_string().get(type))
      return wrong(into, at + ".type", "a string");
    if (type != "text")
      return unsaid(into, at + ".type", "text");
    if (!inside(block["text"], piece))
      return wrong(into, at + ".text", "a string");
    if (piece.empty())
      return true;
    next(text, glue);
    text += piece;
    return true;
  });
}

bool read_system(ondemand::value from, draft& into) {
  return read_texts(from, "system", R"(\n\n)", into.system, into);
}

bool read_messages(ondemand::value from, draft& into) {
  ondemand::array list;
  if (from.get_array().get(list))
    return wrong(into, "messages", "an array of messages");
  return each_element(list,
                      [&](std::size_t i, ondemand::value value) {
                        into.has_messages = true;
                        return read_message(value, place("messages", i), into);
                      })
         && (into.has_messages
             || beyond(into, "messages", "an array of messages, not empty"));
}

} // namespace caisson::protocol::messages
