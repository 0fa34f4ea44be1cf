#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "actors/limits/settings.hpp"

namespace caisson {

/// Whether a name is of a list of names, of which one with `*` at its end
/// stands for all that begin so.
bool listed(std::string_view name, std::string_view pattern) noexcept;

/// Which tools there are for somebody, by their names.
struct tool_filter {
  /// Empty: all of them.
  std::vector<std::string> allow;
  /// Those that are not, whatever is allowed.
  std::vector<std::string> deny;

  bool passes(std::string_view tool) const noexcept;
  bool passes_all() const noexcept { return allow.empty() && deny.empty(); }
  bool operator==(const tool_filter&) const = default;
};

/// Which tools clients of each tier are offered, by the names under which they
/// are offered.
struct tool_tiers {
  tool_filter anonymous;
  tool_filter free;
  tool_filter standard;
  tool_filter premium;
  tool_filter enterprise;

  const tool_filter& of(tier which) const noexcept;
  bool operator==(const tool_tiers&) const = default;
};

} // namespace caisson
