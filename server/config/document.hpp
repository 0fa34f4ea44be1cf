#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "server/config/problem.hpp"

namespace caisson::config {

/// A word from the environment or from `--set`: it has no type of its own and
/// takes that of its option.
struct bare {
  std::string text;
};

/// Nothing: what TOML has and we have no use for (dates, times).
using scalar
  = std::variant<std::monostate, bool, std::int64_t, double, std::string, bare>;

enum class shape : std::uint8_t { scalar, list, table };

/// One value as it was written, with its place. The rest of the loader knows
/// this tree and no TOML library.
struct node {
  std::string key; ///< empty in a list
  place key_at;
  place at;
  shape form = shape::scalar;
  scalar word;
  std::vector<node> children; ///< of a table in the order of the file
};

/// Reads TOML: the whole document as a table, or the one syntax error at which
/// reading ends. `name` is what places call it.
std::variant<node, problem> parse_document(std::string_view name,
                                           std::string_view text);

/// Reads a TOML array by itself, as in `--set dependency.x.models=["a", "b"]`;
/// nothing when it is not one.
std::optional<node> parse_list(std::string_view text);

/// The whole file, or why it cannot be read.
std::variant<std::string, problem> read_document(const std::string& path);

} // namespace caisson::config
