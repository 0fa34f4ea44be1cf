#pragma once

#include <string>
#include <string_view>

#include "protocol/mcp/catalogue.hpp"

namespace caisson::protocol::mcp {

/// The members of the result of `tools/call`, and whether it says that the call
/// has failed.
struct tool_result {
  std::string members;
  bool failed = false;
};

/// A result that is a text for the model, which may mend its arguments by it.
tool_result failed_call(std::string_view why);

/// `search_tools`: by it a model finds the tools that it needs among many,
/// without reading the whole catalogue first. By words, by category, and in
/// three levels of detail, of which the last has the schemas.
tool_offer search_tools_offer();

/// Calls it. `arguments` is a JSON object that has been read, or empty.
tool_result search_tools(const catalogue& all, std::string_view arguments);

} // namespace caisson::protocol::mcp
