#pragma once

#include <string_view>

#include "protocol/mcp/catalogue.hpp"
#include "protocol/mcp/tool_result.hpp"

namespace caisson::protocol::mcp {

/// `search_tools`: by it a model finds the tools that it needs among many,
/// without reading the whole catalogue first. By words, by category, and in
/// three levels of detail, of which the last has the schemas.
tool_offer search_tools_offer();

/// Calls it. `arguments` is a JSON object that has been read, or empty.
tool_result search_tools(const catalogue& all, std::string_view arguments);

} // namespace caisson::protocol::mcp
