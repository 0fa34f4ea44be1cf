#pragma once

#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

namespace caisson::protocol::mcp {

/// A tool as it is offered. `definition` is its element of `tools/list`, JSON;
/// the rest is what it is found by.
struct tool_offer {
  std::string name;
  std::string title;
  std::string description;
  std::string category;
  std::string definition;
};

/// A prompt, a resource, a template of resources: by what it is asked for, and
/// its element of the list.
struct offer {
  std::string name;
  std::string definition;
};

/// All that is offered, in the order in which it is listed.
struct catalogue {
  std::vector<tool_offer> tools;
  std::vector<offer> prompts;
  std::vector<offer> resources; ///< by their URI
  std::vector<offer> templates; ///< by their pattern
};

/// Whether there is a tool of that name.
inline bool has_tool(const catalogue& all, std::string_view name) noexcept {
  return std::any_of(all.tools.begin(), all.tools.end(),
                     [=](const auto& one) { return one.name == name; });
}

} // namespace caisson::protocol::mcp
