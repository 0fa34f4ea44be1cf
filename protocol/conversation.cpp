#include "protocol/conversation.hpp"

#include "protocol/conversation_read.hpp"
#include "protocol/json/strict.hpp"

namespace caisson::protocol {

namespace {

namespace ondemand = simdjson::ondemand;

bool read_stop(ondemand::value from, conversation& into) {
  std::string_view text;
  if (!from.get_string().get(text)) {
    into.stop.emplace_back(text);
    return true;
  }
  ondemand::array texts;
  return !from.get_array().get(texts)
         && each_element(texts, [&](std::size_t, ondemand::value value) {
              return read_text(value, into.stop.emplace_back());
            });
}

bool read_number(ondemand::value from, std::string_view param,
                 std::optional<double>& number, conversation& into) {
  return !from.get_double().get(number.emplace())
         || refuse(into, errc::validation_schema, std::string{param},
                   "a number");
}

bool read_integer(ondemand::value from, std::string_view param,
                  std::int64_t& number, conversation& into) {
  return !from.get_int64().get(number)
         || refuse(into, errc::validation_schema, std::string{param},
                   "an integer");
}

/// What the sampler is told; false with no flaw for a key of something else.
bool read_setting(std::string_view key, ondemand::value from,
                  conversation& into, bool& known) {
  known = true;
  if (key == "temperature")
    return read_number(from, key, into.temperature, into);
  if (key == "top_p")
    return read_number(from, key, into.top_p, into);
  if (key == "presence_penalty")
    return read_number(from, key, into.presence_penalty, into);
  if (key == "frequency_penalty")
    return read_number(from, key, into.frequency_penalty, into);
  if (key == "seed")
    return read_integer(from, key, into.seed.emplace(), into);
  if (key == "n")
    return read_integer(from, key, into.n, into);
  // The newer name wins where both are given.
  if (key == "max_completion_tokens")
    return read_integer(from, key, into.max_tokens.emplace(), into);
  if (key == "max_tokens")
    return into.max_tokens
           || read_integer(from, key, into.max_tokens.emplace(), into);
  known = false;
  return true;
}

bool read_member(std::string_view key, ondemand::value from,
                 conversation& into) {
  if (from.raw_json_token().starts_with('n'))
    return true;
  bool known = false;
  if (!read_setting(key, from, into, known) || known)
    return known && !into.flaw;
  if (key == "messages")
    return read_messages(from, into);
  if (key == "tools")
    return read_tools(from, into);
  if (key == "functions")
    return read_functions(from, into);
  if (key == "tool_choice" || key == "function_call")
    return read_choice(from, key, into);
  if (key == "response_format")
    return read_format(from, into);
  if (key == "stop")
    return read_stop(from, into);
  if (key == "user")
    return read_text(from, into.user)
           || refuse(into, errc::validation_schema, "user", "a string");
  if (key == "reasoning_effort")
    return read_text(from, into.reasoning_effort)
           || refuse(into, errc::validation_schema, "reasoning_effort",
                     "a string");
  if (key == "stream")
    return !from.get_bool().get(into.stream);
  if (key == "parallel_tool_calls")
    return !from.get_bool().get(into.parallel_tool_calls.emplace())
           || refuse(into, errc::validation_schema, "parallel_tool_calls",
                     "a boolean");
  return true;
}

} // namespace

bool refuse(conversation& into, errc code, std::string param,
            std::string_view expected) {
  std::string detail = "'";
  detail += param;
  detail += "' must be ";
  detail += expected;
  detail += '.';
  into.flaw = make_fault(code, std::move(detail));
  into.flaw->param = std::move(param);
  return false;
}

bool read_text(ondemand::value from, std::string& text) {
  if (from.raw_json_token().starts_with('n'))
    return true;
  std::string_view view;
  if (from.get_string().get(view))
    return false;
  text = view;
  return true;
}

std::string json_text(ondemand::value from) {
  const auto raw = json::raw(from);
  return raw == "null" ? std::string{} : std::string{raw};
}

conversation read_openai_conversation(const std::string& body) {
  conversation result;
  json::strict_reader reader;
  const auto ok
    = reader.reopen(body)
      && each_member(reader.object(), [&](auto key, ondemand::value value) {
           return read_member(key, value, result);
         });
  if (!ok && !result.flaw)
    result.flaw = make_fault(errc::validation_schema,
                             "The request cannot be read as a conversation.");
  return result;
}

} // namespace caisson::protocol
