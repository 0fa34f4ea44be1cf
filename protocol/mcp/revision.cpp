#include "protocol/mcp/revision.hpp"

#include <algorithm>

namespace caisson::protocol::mcp {

std::optional<revision> revision_of(std::string_view name) noexcept {
  const auto at = std::find(revision_names.begin(), revision_names.end(), name);
  if (at == revision_names.end())
    return std::nullopt;
  return static_cast<revision>(at - revision_names.begin());
}

revision negotiate(std::string_view asked) noexcept {
  const auto known = revision_of(asked);
  return known && era_of(*known) == era::legacy ? *known : latest_legacy;
}

} // namespace caisson::protocol::mcp
