#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>

namespace caisson::protocol::mcp {

/// How grave a message of a server's log is: RFC 5424's words, in MCP's order.
enum class log_level : std::uint8_t {
  debug,
  info,
  notice,
  warning,
  error,
  critical,
  alert,
  emergency,
};

/// The level that a JSON value names, a string as it stands in a body.
std::optional<log_level> log_level_of(std::string_view json) noexcept;

/// Its name as such a value.
std::string_view json_of(log_level level) noexcept;

} // namespace caisson::protocol::mcp
