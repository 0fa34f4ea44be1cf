#include "protocol/conversation_read.hpp"

namespace caisson::protocol {
namespace {

namespace ondemand = simdjson::ondemand;

bool read_field(std::string_view key, ondemand::value from, message& to,
                conversation& into) {
  if (key == "role")
    return read_text(from, to.role);
  if (key == "content")
    return read_content(from, to, into);
  if (key == "name")
    return read_text(from, to.name)
           || wrong(into, to.param + ".name", "a string");
  if (key == "tool_call_id")
    return read_text(from, to.tool_call_id)
           || wrong(into, to.param + ".tool_call_id", "a string");
  if (key == "refusal")
    return read_text(from, to.refusal)
           || wrong(into, to.param + ".refusal", "a string");
  if (key == "tool_calls")
    return read_calls(from, to, into);
  return key != "function_call" || read_old_call(from, to, into);
}

/// The texts of a message that can hold nothing else.
bool only_text(const message& from, std::string& text, conversation& into) {
  for (const auto& item : from.content) {
    const auto* piece = std::get_if<text_part>(&item);
    if (!piece)
      return unsaid(into, from.param + ".content", "text for this provider");
    text += piece->text;
  }
  return true;
}

/// The latest call that a result answers: by id, or by name where there was
/// none.
const tool_call_part* call_of(const conversation& words, std::string_view id,
                              std::string_view name) {
  for (auto turn = words.turns.rbegin(); turn != words.turns.rend(); ++turn)
    for (const auto& item : turn->parts)
      if (const auto* call = std::get_if<tool_call_part>(&item))
        if (id.empty() ? call->name == name : call->id == id)
          return call;
  return nullptr;
}

bool add_result(message& from, turn& to, conversation& into) {
  tool_result_part result{from.tool_call_id, from.name, {}};
  const auto by_name = from.role == "function";
  if (by_name ? from.name.empty() : from.tool_call_id.empty())
    return wrong(into, from.param + (by_name ? ".name" : ".tool_call_id"),
                 "a string");
  if (const auto* call = call_of(into, result.id, result.name)) {
    result.id = call->id;
    result.name = call->name;
  }
  if (!only_text(from, result.content, into))
    return false;
  to.who = speaker::tool;
  to.parts.emplace_back(std::move(result));
  return true;
}

void add_assistant(message& from, turn& to) {
  to.who = speaker::assistant;
  to.parts = std::move(from.content);
  if (!from.refusal.empty())
    to.parts.emplace_back(refusal_part{std::move(from.refusal)});
  for (auto& item : from.calls) {
    auto& call = std::get<tool_call_part>(item);
    if (call.id.empty())
      call.id = "call_" + std::to_string(to.message);
    to.parts.emplace_back(std::move(item));
  }
}

bool add_turn(message& from, std::size_t index, conversation& into) {
  if (from.role == "system" || from.role == "developer") {
    std::string text;
    if (!only_text(from, text, into))
      return false;
    if (!into.system.empty() && !text.empty())
      into.system += "\n\n";
    into.system += text;
    return true;
  }
  turn next;
  next.message = index;
  if (from.role == "assistant")
    add_assistant(from, next);
  else if (from.role != "user") {
    if (!add_result(from, next, into))
      return false;
  } else if (!from.has_content)
    return wrong(into, from.param + ".content",
                 "a string or an array of parts");
  else
    next.parts = std::move(from.content);
  // Other vendors refuse empty text, which says nothing anyway.
  if (!next.parts.empty())
    into.turns.push_back(std::move(next));
  return true;
}

} // namespace

bool wrong(conversation& into, const std::string& param,
           std::string_view expected) {
  return refuse(into, errc::validation_schema, param, expected);
}

bool unsaid(conversation& into, const std::string& param,
            std::string_view expected) {
  return refuse(into, errc::validation_constraint, param, expected);
}

bool read_messages(ondemand::value from, conversation& into) {
  ondemand::array messages;
  if (from.get_array().get(messages))
    return wrong(into, "messages", "an array of messages");
  return each_element(messages, [&](std::size_t i, ondemand::value value) {
    message current;
    current.param = "messages[" + std::to_string(i) + "]";
    ondemand::object fields;
    if (value.get_object().get(fields))
      return wrong(into, current.param, "an object");
    return each_member(fields,
                       [&](auto key, ondemand::value field) {
                         return read_field(key, field, current, into);
                       })
           && add_turn(current, i, into);
  });
}

} // namespace caisson::protocol
