#include "protocol/mcp/tool_views.hpp"

#include <algorithm>

namespace caisson::protocol::mcp {

tool_views::tool_views(const catalogue& all, const tool_tiers& by) : by_{by} {
  for (std::size_t i = 0; i < tier_count; ++i) {
    const auto& filter = by_.of(static_cast<tier>(i));
    if (filter.passes_all())
      continue;
    auto shown = std::make_shared<catalogue>(all);
    std::erase_if(shown->tools,
                  [&](const auto& one) { return !filter.passes(one.name); });
    views_[i] = std::move(shown);
  }
}

const catalogue& tool_views::of(tier who, const catalogue& all) const noexcept {
  const auto& view = views_[static_cast<std::size_t>(who)];
  return view ? *view : all;
}

bool tool_views::differ() const noexcept {
  return std::any_of(views_.begin(), views_.end(),
                     [](const auto& view) { return view != nullptr; });
}

} // namespace caisson::protocol::mcp
