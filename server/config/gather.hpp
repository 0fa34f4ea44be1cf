#pragma once

#include <map>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "server/config/document.hpp"
#include "server/config/problem.hpp"
#include "server/config/schema.hpp"
#include "server/config/secret.hpp"

namespace caisson::config {

/// Where each value came from, by full path: "dependency.openai.url",
/// "models.smart.chain[1]".
struct origins {
  std::map<std::string, place, std::less<>> places;
  /// Written, but wrong: what depends on them is not judged.
  std::set<std::string, std::less<>> broken;

  bool has(std::string_view path) const;
  /// The place of `path`, or of the table around it.
  place of(std::string_view path) const;
};

/// Values by the path of their option.
using values = std::map<std::string, value, std::less<>>;

/// What is said of one table with a name: `[dependency.NAME]`, `[models.NAME]`,
/// `[limits.keys.NAME]`, `[prices.NAME]`.
struct named_values {
  std::string name;
  /// Has a table of its own in the file, and not only overrides.
  bool in_file = false;
  values said;
};

/// What all sources say, the later over the earlier, each value checked by its
/// rule when it was read: so a wrong value is reported even where a later
/// source hides it.
struct gathered {
  const environment* variables = nullptr;
  values node;
  std::vector<named_values> dependencies;
  std::vector<named_values> models;
  std::vector<named_values> api_keys;
  std::vector<named_values> tool_limits;
  std::vector<named_values> prices;
  origins from;
  problems wrong;
  /// Variables that secrets refer to. They are free to begin with CAISSON_.
  std::set<std::string, std::less<>> referenced;
  /// Variables that name no option; a problem unless referenced.
  std::vector<std::pair<std::string, problem>> strangers;

  /// The tables of a scope with names; the table of `name`, made if missing.
  std::vector<named_values>& tables(const scope& where);
  named_values& table(const scope& where, std::string_view name);
};

/// "http.port"; "dependency.openai.url" where the scope has names.
std::string full_path(const scope& where, std::string_view name,
                      std::string_view path);

/// Takes one value for an option.
void take(gathered& all, const scope& where, std::string_view name,
          const option& what, const node& written);

/// Takes a whole document.
void take_document(gathered& all, const node& root);

} // namespace caisson::config
