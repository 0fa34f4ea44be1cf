#pragma once

#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "server/config/overrides.hpp"

namespace caisson::config {

/// Exit statuses of sysexits.h: scripts tell a wrong call from a wrong file.
constexpr int exit_usage = 64;
constexpr int exit_config = 78;

enum class action : std::uint8_t {
  serve,
  check_config,
  mcp_stdio,
  version,
  help,
};

/// What a command line asks for.
struct command {
  action what = action::help;
  std::string config_file; ///< empty: none
  std::vector<set_override> overrides = {};
};

/// Why a command line asks for nothing: one line for people, beside
/// `exit_usage`.
struct usage_error {
  std::string message;
};

/// Reads the arguments after the program's name. `--flag VALUE` and
/// `--flag=VALUE` are the same. A value of `--set` is never quoted in an error.
std::variant<command, usage_error>
parse_command(const std::vector<std::string>& arguments);

/// The text of `--help`.
std::string_view help_text() noexcept;

} // namespace caisson::config
