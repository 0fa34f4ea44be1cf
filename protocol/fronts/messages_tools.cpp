#include "protocol/fronts/messages_read.hpp"
#include "protocol/json/write.hpp"

namespace caisson::protocol::messages {
namespace {

namespace ondemand = simdjson::ondemand;

/// A tool that the client runs itself. Those with a type of their own are
/// known, and most of them run, at Anthropic alone.
bool read_tool(ondemand::object from, const std::string& param, draft& into) {
  ondemand::value value;
  std::string_view type;
  std::string_view name;
  std::string_view text;
  if (!from["type"].get(value) && !is_null(value)) {
    if (value.get_string().get(type))
      return wrong(into, param + ".type", "a string");
    if (type != "custom")
      return unsaid(into, param + ".type", "custom");
  }
  if (from["name"].get_string().get(name) || name.empty())
    return wrong(into, param + ".name", "a string, not empty");
  next(into.tools);
  json::object_writer tool{into.tools};
  tool.string("type", "function");
  auto function = tool.object("function");
  function.string("name", name);
  if (!from["description"].get(value) && !is_null(value)) {
    if (!inside(value, text))
      return wrong(into, param + ".description", "a string");
    ((function.key("description") += '"') += text) += '"';
  }
  bool strict = false;
  if (!from["strict"].get_bool().get(strict) && strict)
    function.raw("strict", "true");
  ondemand::object schema;
  if (from["input_schema"].get_object().get(schema)
      || schema.raw_json().get(text))
    return wrong(into, param + ".input_schema", "a JSON schema");
  function.raw("parameters", json::trim(text));
  return true;
}

bool read_named(ondemand::object from, draft& into) {
  std::string_view name;
  if (!inside(from["name"], name) || name.empty())
    return wrong(into, "tool_choice.name", "the name of a tool");
  into.choice += R"(,"tool_choice":{"type":"function","function":{"name":")";
  (into.choice += name) += "\"}}";
  return true;
}

} // namespace

bool read_tools(ondemand::value from, draft& into) {
  ondemand::array tools;
  if (from.get_array().get(tools))
    return wrong(into, "tools", "an array");
  return each_element(tools, [&](std::size_t i, ondemand::value value) {
    ondemand::object tool;
    return value.get_object().get(tool)
             ? wrong(into, place("tools", i), "an object")
             : read_tool(tool, place("tools", i), into);
  });
}

bool read_choice(ondemand::value from, draft& into) {
  ondemand::object choice;
  std::string_view type;
  if (from.get_object().get(choice) || choice["type"].get_string().get(type))
    return wrong(into, "tool_choice", "an object with a type");
  if (type != "auto" && type != "any" && type != "tool" && type != "none")
    return beyond(into, "tool_choice.type", "auto, any, tool or none");
  into.must_call = type == "any" || type == "tool";
  bool alone = false;
  if (!choice["disable_parallel_tool_use"].get_bool().get(alone) && alone)
    into.choice += R"(,"parallel_tool_calls":false)";
  if (type == "tool")
    return read_named(choice, into);
  into.choice += R"(,"tool_choice":")";
  into.choice += type == "any" ? "required" : type;
  into.choice += '"';
  return true;
}

bool read_format(ondemand::value from, const std::string& param, draft& into) {
  ondemand::object format;
  ondemand::object schema;
  std::string_view type;
  std::string_view text;
  if (from.get_object().get(format) || format["type"].get_string().get(type))
    return wrong(into, param, "an object with a type");
  if (type != "json_schema")
    return unsaid(into, param + ".type", "json_schema");
  if (format["schema"].get_object().get(schema) || schema.raw_json().get(text))
    return wrong(into, param + ".schema", "a JSON schema");
  into.settings += R"(,"response_format":{"type":"json_schema",)"
                   R"("json_schema":{"name":"answer","strict":true,"schema":)";
  (into.settings += json::trim(text)) += "}}";
  return true;
}

} // namespace caisson::protocol::messages
