#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace caisson::protocol::mcp {

/// The longest name that vendors take for a tool (reference/mcp.md section 4).
inline constexpr std::size_t longest_name = 64;

/// `SERVER__NAME`, bounded.
std::string prefixed(std::string_view server, std::string_view name);

/// A name that would be too long is cut, and ends with eight digits of the
/// SHA-256 of the whole, so that it stays the same and its own.
std::string bounded(std::string_view name);

} // namespace caisson::protocol::mcp
