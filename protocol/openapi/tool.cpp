#include "protocol/openapi/tool.hpp"

#include <algorithm>

#include <boost/json/array.hpp>
#include <boost/json/serialize.hpp>

#include "protocol/openapi/references.hpp"
#include "protocol/openapi/schema.hpp"

namespace caisson::protocol::openapi {

namespace bj = boost::json;

namespace {

bool may_stand_in_a_name(char c) noexcept {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z')
         || (c >= '0' && c <= '9') || c == '_' || c == '-' || c == '.';
}

bj::value described(bj::value schema, std::string_view description) {
  if (auto* object = schema.if_object(); object && !description.empty())
    (*object)["description"] = description;
  return schema;
}

bj::object input_schema(const operation& what, const tool_source& from) {
  schema_writer schemas{from.root};
  bj::object properties;
  bj::array required;
  for (std::size_t i = 0; i < what.parameters.size(); ++i) {
    const auto& one = what.parameters[i];
    const auto* said = from.parameters[i]->if_contains("schema");
    properties[one.argument]
      = described(said ? schemas.write(*said) : bj::value{bj::object{}},
                  text_in(*from.parameters[i], "description"));
    if (one.required)
      required.emplace_back(one.argument);
  }
  if (what.body != body_kind::none) {
    properties[body_argument]
      = from.body ? schemas.write(*from.body) : bj::value{bj::object{}};
    if (what.body_required)
      required.emplace_back(body_argument);
  }
  bj::object made{{"type", "object"}, {"properties", std::move(properties)}};
  if (!required.empty())
    made["required"] = std::move(required);
  made["additionalProperties"] = false;
  if (auto used = schemas.definitions(); !used.empty())
    made["$defs"] = std::move(used);
  return made;
}

std::string description_of(const operation& what, const bj::object& of) {
  std::string text{text_in(of, "description")};
  if (text.empty())
    text = text_in(of, "summary");
  if (text.empty())
    text = what.verb + ' ' + what.path;
  if (flag_in(of, "deprecated", false))
    text += " (deprecated)";
  return text;
}

} // namespace

std::string tool_name(std::string_view operation_id, std::string_view verb,
                      std::string_view path) {
  std::string name{operation_id};
  if (name.empty()) {
    for (auto c : verb)
      name += static_cast<char>(c | 0x20);
    for (auto c : path)
      if (may_stand_in_a_name(c) || (c == '/' && !name.ends_with('_')))
        name += c;
  }
  for (auto& c : name)
    if (!may_stand_in_a_name(c))
      c = '_';
  while (name.size() > 1 && name.ends_with('_'))
    name.pop_back();
  name.resize(std::min(name.size(), longest_tool_name));
  return name;
}

std::string write_tool(const operation& what, const tool_source& from) {
  bj::object tool{{"name", what.name}};
  if (auto title = text_in(from.operation, "summary"); !title.empty())
    tool["title"] = title;
  tool["description"] = description_of(what, from.operation);
  tool["inputSchema"] = input_schema(what, from);
  auto reads = what.verb == "GET";
  bj::object hints{{"readOnlyHint", reads}};
  if (!reads) {
    hints["destructiveHint"] = what.verb != "POST";
    hints["idempotentHint"] = what.verb == "PUT" || what.verb == "DELETE";
  }
  hints["openWorldHint"] = true;
  tool["annotations"] = std::move(hints);
  return bj::serialize(tool);
}

} // namespace caisson::protocol::openapi
