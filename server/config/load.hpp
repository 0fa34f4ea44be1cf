#pragma once

#include <string>
#include <variant>
#include <vector>

#include "server/config/overrides.hpp"
#include "server/config/problem.hpp"
#include "server/config/secret.hpp"
#include "server/config/settings.hpp"

namespace caisson::config {

/// All that a configuration is made of, the weakest first: defaults (in
/// settings.hpp), the file, the environment, `--set`.
struct sources {
  /// Path of a TOML file; empty: none.
  std::string file;
  /// Variables: overrides, secrets, and keys of the embedded providers.
  environment variables = {};
  std::vector<set_override> overrides = {};
};

/// Everything, checked, secrets resolved; or everything that is wrong.
using load_result = std::variant<settings, problems>;

/// Reads the file of `from` and all the rest. Never throws for what a person
/// can write. Problems come in the order of the sources, those of the file by
/// line; none of them holds a secret.
load_result load(const sources& from);

/// The same for a document that is already in hand; `from.file` is only its
/// name in problems.
load_result load_text(std::string_view text, const sources& from);

} // namespace caisson::config
