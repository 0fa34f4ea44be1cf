#pragma once

#include <string_view>

namespace caisson::protocol::mcp {

/// Whether a URI can be of a template (RFC 6570): what stands between the
/// expressions is there, in that order, and each `{…}` stands for at least one
/// character, of which `{+…}` alone takes slashes.
bool fits(std::string_view uri, std::string_view pattern) noexcept;

} // namespace caisson::protocol::mcp
