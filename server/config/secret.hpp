#pragma once

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "server/config/problem.hpp"

namespace caisson::config {

/// The environment as the loader sees it: plain data, so that tests need no
/// setenv and one load never sees two states.
using environment = std::map<std::string, std::string, std::less<>>;

/// A copy of this process's own.
environment process_environment();

/// The variable that an "env:NAME" reference names; nothing for others.
std::optional<std::string_view> variable_of(std::string_view reference);

/// The secret behind "env:NAME" or "file:PATH" (relative to the working
/// directory), without the newlines at its end; or why there is none. `what`
/// names the reference, never a content.
std::variant<std::string, problem> resolve(std::string_view path,
                                           const place& at,
                                           const std::string& reference,
                                           const environment& variables);

/// `text` without newlines at its end; nothing when it is empty or holds
/// control characters, which no credential does and which would split a
/// header.
std::optional<std::string> clean_secret(std::string text);

} // namespace caisson::config
