#include "protocol/openapi/schema.hpp"

#include <algorithm>
#include <array>

#include <boost/json/array.hpp>

#include "protocol/openapi/references.hpp"

namespace caisson::protocol::openapi {

namespace bj = boost::json;

namespace {

constexpr std::string_view components = "#/components/schemas/";

/// A schema that is nested deeper says "anything" from there on.
constexpr int deepest = 64;

bool among(std::initializer_list<std::string_view> names,
           std::string_view name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

bool holds_schema(std::string_view name) {
  return among({"items", "additionalProperties", "not", "if", "then", "else",
                "contains", "propertyNames", "unevaluatedProperties",
                "unevaluatedItems"},
               name);
}

bool holds_list(std::string_view name) {
  return among({"allOf", "anyOf", "oneOf", "prefixItems"}, name);
}

bool holds_map(std::string_view name) {
  return among({"properties", "patternProperties", "dependentSchemas"}, name);
}

bool only_documents(std::string_view name) {
  return name.starts_with("x-")
         || among({"nullable", "xml", "discriminator", "externalDocs",
                   "example", "$schema", "$id", "$anchor", "$defs"},
                  name);
}

/// 3.0: `minimum: 1, exclusiveMinimum: true`.
void say_exclusive(bj::object& schema, std::string_view bound,
                   std::string_view exclusive) {
  auto* flag = schema.if_contains(exclusive);
  if (!flag || !flag->is_bool())
    return;
  auto is = flag->get_bool();
  schema.erase(exclusive);
  if (auto* value = schema.if_contains(bound); is && value) {
    schema[exclusive] = *value;
    schema.erase(bound);
  }
}

/// 3.0: `type: string, nullable: true`.
bj::value with_null(bj::object schema) {
  if (auto* list = schema.if_contains("enum"); list && list->is_array())
    list->get_array().emplace_back(nullptr);
  if (auto* type = schema.if_contains("type"); type && type->is_string()) {
    *type = bj::array{*type, "null"};
    return schema;
  }
  return bj::object{
    {"anyOf", bj::array{std::move(schema), bj::object{{"type", "null"}}}}};
}

} // namespace

bj::value schema_writer::write(const bj::value& schema) {
  if (schema.is_bool())
    return schema;
  const auto* object = schema.if_object();
  if (!object || depth_ >= deepest)
    return bj::object{};
  ++depth_;
  auto made = write_object(*object);
  --depth_;
  if (flag_in(*object, "nullable", false))
    return with_null(std::move(made));
  return made;
}

bj::object schema_writer::write_object(const bj::object& schema) {
  bj::object made;
  for (const auto& [name, value] : schema)
    if (!only_documents(name))
      write_member(made, name, value);
  say_exclusive(made, "minimum", "exclusiveMinimum");
  say_exclusive(made, "maximum", "exclusiveMaximum");
  return made;
}

void schema_writer::write_member(bj::object& into, std::string_view name,
                                 const bj::value& value) {
  if (name == "$ref" && value.is_string()) {
    if (auto to = refer(std::string_view{value.get_string()}); !to.is_null())
      into[name] = std::move(to);
  } else if (holds_schema(name)) {
    into[name] = write(value);
  } else if (holds_list(name) && value.is_array()) {
    bj::array list;
    for (const auto& one : value.get_array())
      list.push_back(write(one));
    into[name] = std::move(list);
  } else if (holds_map(name) && value.is_object()) {
    bj::object map;
    for (const auto& [key, one] : value.get_object())
      map[key] = write(one);
    into[name] = std::move(map);
  } else {
    into[name] = value;
  }
}

/// Null: it leads nowhere, and so nothing is known of what is meant.
bj::value schema_writer::refer(std::string_view reference) {
  if (!reference.starts_with(components) || !at_reference(root_, reference))
    return nullptr;
  auto name = reference.substr(components.size());
  if (name.find('/') != name.npos)
    return nullptr;
  if (known_.emplace(name).second)
    due_.emplace_back(name);
  return bj::string{"#/$defs/" + std::string{name}};
}

bj::object schema_writer::definitions() {
  while (!due_.empty()) {
    auto name = std::move(due_.front());
    due_.pop_front();
    // The step of a pointer; a key is what it means.
    auto text = std::string{components} + name;
    auto written = write(*at_reference(root_, text));
    written_[unescaped_step(name)] = std::move(written);
  }
  return written_;
}

} // namespace caisson::protocol::openapi
