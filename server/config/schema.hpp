#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "server/config/settings.hpp"
#include "server/config/value.hpp"

namespace caisson::config {

/// Whether an option may change while the node runs.
enum class reload : std::uint8_t { live, restart };

/// What all of an option can be known by without its settings struct.
struct option {
  /// "http.port"; below a named table relative to it: "breaker.failures".
  std::string_view path;
  rule allowed;
  reload change = reload::live;
};

/// An option with the member that it sets. Its default is what the member of a
/// fresh struct holds, so it stands there and nowhere else.
template <class Settings>
struct row : option {
  void (*assign)(Settings&, const value&) = nullptr;
  /// Nothing: not set and without a default.
  std::optional<value> (*read)(const Settings&) = nullptr;
};

/// THE description of all options; adding one is adding a row. Reading,
/// overrides, unknown keys, reloads and the test of config/caisson.toml go by
/// it.
const std::vector<row<settings>>& node_options();

/// Of one `[dependency.NAME]`.
const std::vector<row<dependency_settings>>& dependency_options();

/// Of one `[models.NAME]`.
const std::vector<row<model_settings>>& model_options();

/// Of one `[limits.keys.NAME]`.
const std::vector<row<api_key_settings>>& api_key_options();

/// Of one `[limits.tools.NAME]`.
const std::vector<row<tool_limit_settings>>& tool_limit_options();

/// Of one `[prices."dependency/model"]`.
const std::vector<row<price_settings>>& price_options();

/// Where a family of options stands: at the top (no prefix), or in each table
/// `[prefix.NAME]`.
struct scope {
  std::string_view prefix;
  std::vector<const option*> options;
  /// What its names are called, which are proper, and what those are like.
  std::string_view called = {};
  bool (*is_name)(std::string_view) noexcept = nullptr;
  std::string_view names_are = {};
};

const scope& node_scope();
const scope& dependency_scope();
const scope& model_scope();
const scope& api_key_scope();
const scope& tool_limit_scope();
const scope& price_scope();

/// All that have names.
const std::vector<const scope*>& named_scopes();

/// The option at `path` inside `where`; nullptr when there is none.
const option* find_option(const scope& where, std::string_view path);

/// Whether `path` is a table that holds options, such as "breaker".
bool is_table(const scope& where, std::string_view path);

/// The tables of a scope, inner ones too ("limits.tiers"), in the order of
/// their first options.
std::vector<std::string> tables_of(const scope& where);

/// What changed between two configurations and can only change by a restart
/// ("http.port", …). A reload that finds any is refused as a whole.
std::vector<std::string> needs_restart(const settings& running,
                                       const settings& wanted);

} // namespace caisson::config
