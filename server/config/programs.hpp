#pragma once

#include <string>
#include <string_view>

#include "server/config/value.hpp"

namespace caisson::config {

// What a configuration says of processes that the node starts. It looks at the
// file system and at this process's PATH, and at nothing else.

/// The path of a file that can be run: `command` itself where it has a slash,
/// else the first of that name in a folder of PATH. Empty: there is none.
std::string program_at(std::string_view command);

/// Whether there is one.
bool is_program(std::string_view command) noexcept;

/// A folder that can be entered.
bool is_directory(std::string_view path) noexcept;

/// Anything that can be handed to a process as an argument.
bool is_argument(std::string_view text) noexcept;

/// The name of a variable of the environment.
bool is_variable_name(std::string_view text) noexcept;

/// "NAME=value".
bool is_variable(std::string_view text) noexcept;

/// What options may be that say what is started, how and where.
rule program_rule();
rule arguments_rule();
rule inherited_rule();
rule directory_rule();

} // namespace caisson::config
