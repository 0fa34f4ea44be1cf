#include "protocol/conversation_read.hpp"

namespace caisson::protocol {
namespace {

namespace ondemand = simdjson::ondemand;

std::string at(std::string_view list, std::size_t index,
               std::string_view field = {}) {
  std::string param{list};
  param += '[';
  param += std::to_string(index);
  param += ']';
  param += field;
  return param;
}

bool read_tool_function(ondemand::object from, const std::string& param,
                        conversation& into) {
  auto& tool = into.tools.emplace_back();
  const auto ok = each_member(from, [&](auto key, ondemand::value value) {
    if (key == "name")
      return read_text(value, tool.name);
    if (key == "description")
      return read_text(value, tool.description);
    if (key == "parameters")
      tool.parameters = json_text(value);
    if (key == "strict" && value.get_bool().get(tool.strict))
      tool.strict = false;
    return true;
  });
  if (!ok || tool.name.empty())
    return refuse(into, errc::validation_schema, param,
                  "a function with a name");
  return (tool.parameters.empty() || tool.parameters.front() == '{')
         || refuse(into, errc::validation_schema, param + ".parameters",
                   "a JSON schema");
}

bool read_json_schema(ondemand::object from, json_wish& wish) {
  return each_member(from, [&](auto key, ondemand::value value) {
    if (key == "name")
      return read_text(value, wish.name);
    if (key == "schema")
      wish.schema = json_text(value);
    return true;
  });
}

} // namespace

bool read_tools(ondemand::value from, conversation& into) {
  ondemand::array tools;
  if (from.get_array().get(tools))
    return refuse(into, errc::validation_schema, "tools", "an array");
  return each_element(tools, [&](std::size_t i, ondemand::value value) {
    ondemand::object tool;
    if (value.get_object().get(tool))
      return refuse(into, errc::validation_schema, at("tools", i), "an object");
    std::string type = "function";
    bool has_function = false;
    bool ok = true;
    each_member(tool, [&](auto key, ondemand::value field) {
      ondemand::object function;
      if (key == "type")
        read_text(field, type);
      else if (key == "function" && !field.get_object().get(function)) {
        has_function = true;
        ok = read_tool_function(function, at("tools", i, ".function"), into);
      }
      return ok;
    });
    if (ok && type != "function")
      return refuse(into, errc::validation_constraint, at("tools", i, ".type"),
                    "'function' for this provider");
    return ok
           && (has_function
               || refuse(into, errc::validation_schema,
                         at("tools", i, ".function"), "an object"));
  });
}

bool read_functions(ondemand::value from, conversation& into) {
  ondemand::array functions;
  if (from.get_array().get(functions))
    return refuse(into, errc::validation_schema, "functions", "an array");
  return each_element(functions, [&](std::size_t i, ondemand::value value) {
    ondemand::object function;
    if (value.get_object().get(function))
      return refuse(into, errc::validation_schema, at("functions", i),
                    "an object");
    return read_tool_function(function, at("functions", i), into);
  });
}

bool read_named_choice(ondemand::object from, tool_choice& choice) {
  choice.mode = tool_mode::named;
  const auto ok = each_member(from, [&](auto key, ondemand::value value) {
    ondemand::object function;
    if (key == "name")
      return read_text(value, choice.name);
    if (key != "function" || value.get_object().get(function))
      return true;
    return !function["name"].get(value) && read_text(value, choice.name);
  });
  return ok && !choice.name.empty();
}

bool read_choice(ondemand::value from, std::string_view param,
                 conversation& into) {
  tool_choice choice;
  std::string_view word;
  ondemand::object named;
  if (!from.get_string().get(word)) {
    if (word == "none")
      choice.mode = tool_mode::none;
    else if (word == "required")
      choice.mode = tool_mode::required;
    else if (word != "auto")
      return refuse(into, errc::validation_constraint, std::string{param},
                    "auto, none, required or a function");
  } else if (from.get_object().get(named)
             || !read_named_choice(named, choice)) {
    return refuse(into, errc::validation_constraint, std::string{param},
                  "auto, none, required or a function");
  }
  into.choice = std::move(choice);
  return true;
}

bool read_format(ondemand::value from, conversation& into) {
  ondemand::object format;
  std::string type;
  auto ok = !from.get_object().get(format);
  ok = ok && each_member(format, [&](auto key, ondemand::value value) {
         ondemand::object schema;
         if (key == "type")
           return read_text(value, type);
         if (key == "json_schema" && !value.get_object().get(schema))
           return read_json_schema(schema, into.json);
         return true;
       });
  if (!ok || (type != "text" && type != "json_object" && type != "json_schema"))
    return refuse(into, errc::validation_constraint, "response_format.type",
                  "text, json_object or json_schema");
  if (type == "json_object")
    into.json.mode = json_mode::object;
  if (type == "json_schema")
    into.json.mode = json_mode::schema;
  return into.json.mode != json_mode::schema
         || into.json.schema.starts_with('{')
         || refuse(into, errc::validation_schema,
                   "response_format.json_schema.schema", "a JSON schema");
}

} // namespace caisson::protocol
