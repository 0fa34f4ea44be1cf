// Looking options up: where each family of them stands.
#include <algorithm>
#include <string>

#include "server/config/addresses.hpp"
#include "server/config/schema.hpp"

namespace caisson::config {

namespace {

template <class Settings>
scope scope_of(std::string_view prefix, const std::vector<row<Settings>>& rows,
               scope like = {}) {
  auto made = std::move(like);
  made.prefix = prefix;
  for (auto& row : rows)
    made.options.push_back(&row);
  return made;
}

} // namespace

const scope& node_scope() {
  static const auto made = scope_of("", node_options());
  return made;
}

const scope& dependency_scope() {
  static const auto made = scope_of(
    "dependency", dependency_options(),
    {{}, {}, "dependency", is_dependency_name, "1 to 64 of a-z 0-9 _ -"});
  return made;
}

const scope& model_scope() {
  static const auto made = scope_of(
    "models", model_options(),
    {{}, {}, "model", is_model_name, "1 to 256 characters without blanks"});
  return made;
}

const scope& api_key_scope() {
  static const auto made
    = scope_of("limits.keys", api_key_options(),
               {{}, {}, "key", is_dependency_name, "1 to 64 of a-z 0-9 _ -"});
  return made;
}

const scope& tool_limit_scope() {
  static const auto made
    = scope_of("limits.tools", tool_limit_options(),
               {{},
                {},
                "tool",
                is_model_name,
                "1 to 256 characters without blanks; * at the end for any "
                "rest"});
  return made;
}

const scope& price_scope() {
  static const auto made = scope_of(
    "prices", price_options(),
    {{}, {}, "priced model", is_chain_target, "\"dependency/model\""});
  return made;
}

const std::vector<const scope*>& named_scopes() {
  static const std::vector<const scope*> all{
    &dependency_scope(), &model_scope(), &api_key_scope(), &tool_limit_scope(),
    &price_scope()};
  return all;
}

const option* find_option(const scope& where, std::string_view path) {
  for (auto candidate : where.options)
    if (candidate->path == path)
      return candidate;
  return nullptr;
}

bool is_table(const scope& where, std::string_view path) {
  auto tables = tables_of(where);
  return std::find(tables.begin(), tables.end(), path) != tables.end();
}

std::vector<std::string> tables_of(const scope& where) {
  std::vector<std::string> tables;
  for (auto option : where.options) {
    auto dot = option->path.find('.');
    for (; dot != std::string_view::npos;
         dot = option->path.find('.', dot + 1)) {
      std::string name{option->path.substr(0, dot)};
      if (std::find(tables.begin(), tables.end(), name) == tables.end())
        tables.push_back(std::move(name));
    }
  }
  return tables;
}

std::vector<std::string> needs_restart(const settings& running,
                                       const settings& wanted) {
  std::vector<std::string> keys;
  for (auto& row : node_options())
    if (row.change == reload::restart && row.read(running) != row.read(wanted))
      keys.emplace_back(row.path);
  return keys;
}

} // namespace caisson::config
