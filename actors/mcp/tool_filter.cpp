#include "actors/mcp/tool_filter.hpp"

#include <algorithm>

namespace caisson {

bool listed(std::string_view name, std::string_view pattern) noexcept {
  if (pattern.ends_with('*'))
    return name.starts_with(pattern.substr(0, pattern.size() - 1));
  return name == pattern;
}

bool tool_filter::passes(std::string_view tool) const noexcept {
  auto in = [tool](const std::vector<std::string>& list) {
    return std::any_of(list.begin(), list.end(),
                       [tool](auto& pattern) { return listed(tool, pattern); });
  };
  return (allow.empty() || in(allow)) && !in(deny);
}

const tool_filter& tool_tiers::of(tier which) const noexcept {
  return member_for(*this, which);
}

} // namespace caisson
