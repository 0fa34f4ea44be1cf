#pragma once

#include <array>
#include <memory>
#include <string_view>

#include "actors/mcp/tool_filter.hpp"
#include "protocol/mcp/catalogue.hpp"

namespace caisson::protocol::mcp {

/// What of a catalogue clients of each tier are shown: all of it but the tools
/// that their filter holds back, in the same order. Immutable.
class tool_views {
public:
  tool_views() = default;
  tool_views(const catalogue& all, const tool_tiers& by);

  /// `all` is what it was made of.
  const catalogue& of(tier who, const catalogue& all) const noexcept;
  const catalogue& of(tier who, const catalogue&& all) const = delete;

  /// Whether a tool of that name would be shown, if there were one.
  bool shows(tier who, std::string_view tool) const noexcept {
    return by_.of(who).passes(tool);
  }

  /// Whether what one client is shown may be different from what another is:
  /// then nobody on the way may keep it for both.
  bool differ() const noexcept;

  const tool_tiers& filters() const noexcept { return by_; }

private:
  tool_tiers by_;
  /// By tier; none: all of it.
  std::array<std::shared_ptr<const catalogue>, tier_count> views_;
};

} // namespace caisson::protocol::mcp
