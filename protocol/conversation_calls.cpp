#include "protocol/conversation_read.hpp"
#include "protocol/json/strict.hpp"

namespace caisson::protocol {
namespace {

namespace ondemand = simdjson::ondemand;

} // namespace

/// Arguments are JSON text in a string, written by a model: they may be
/// anything.
bool read_function(ondemand::object from, const std::string& param,
                   tool_call_part& call, conversation& into) {
  const auto ok = each_member(from, [&](auto key, ondemand::value value) {
    if (key == "name")
      return read_text(value, call.name);
    return key != "arguments" || read_text(value, call.arguments);
  });
  if (!ok || call.name.empty())
    return wrong(into, param, "a call with the name of a function");
  if (json::trim(call.arguments).empty())
    call.arguments = "{}";
  json::strict_reader reader;
  return (!reader.read(call.arguments) && reader.is_object())
         || unsaid(into, param + ".arguments", "the text of a JSON object");
}

/// `{"google":{"thought_signature":…}}`, as Google's own OpenAI endpoint has
/// it.
void read_extra(ondemand::value from, tool_call_part& call) {
  ondemand::object extra;
  ondemand::object google;
  std::string_view signature;
  if (!from.get_object().get(extra) && !extra["google"].get_object().get(google)
      && !google["thought_signature"].get_string().get(signature))
    call.signature = signature;
}

bool read_call(ondemand::object from, const std::string& param, message& to,
               conversation& into) {
  tool_call_part call;
  bool has_function = false;
  const auto ok = each_member(from, [&](auto key, ondemand::value value) {
    ondemand::object function;
    if (key == "id")
      return read_text(value, call.id)
             || wrong(into, param + ".id", "a string");
    if (key == "extra_content")
      read_extra(value, call);
    if (key != "function")
      return true;
    has_function = true;
    return value.get_object().get(function)
             ? wrong(into, param + ".function", "an object")
             : read_function(function, param + ".function", call, into);
  });
  if (!ok)
    return false;
  if (!has_function)
    return unsaid(into, param + ".type", "'function' for this provider");
  if (call.id.empty())
    return wrong(into, param + ".id", "a string");
  to.calls.emplace_back(std::move(call));
  return true;
}

bool read_calls(ondemand::value from, message& to, conversation& into) {
  const auto list = to.param + ".tool_calls";
  if (from.raw_json_token().starts_with('n'))
    return true;
  ondemand::array calls;
  if (from.get_array().get(calls))
    return wrong(into, list, "an array");
  return each_element(calls, [&](std::size_t i, ondemand::value value) {
    const auto param = list + "[" + std::to_string(i) + "]";
    ondemand::object call;
    return value.get_object().get(call) ? wrong(into, param, "an object")
                                        : read_call(call, param, to, into);
  });
}

bool read_old_call(ondemand::value from, message& to, conversation& into) {
  ondemand::object function;
  if (from.raw_json_token().starts_with('n'))
    return true;
  tool_call_part call;
  const auto param = to.param + ".function_call";
  if (from.get_object().get(function))
    return wrong(into, param, "an object");
  if (!read_function(function, param, call, into))
    return false;
  to.calls.emplace_back(std::move(call));
  return true;
}

} // namespace caisson::protocol
