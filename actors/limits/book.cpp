#include "actors/limits/book.hpp"

#include <algorithm>

#include "actors/mcp/tool_filter.hpp"

namespace caisson {

using namespace std::chrono_literals;

namespace {

/// What the free tier has, for another: as much more or fewer as its limit for
/// everything is.
std::uint64_t scaled(std::uint64_t base, const tiers_settings& from,
                     tier who) noexcept {
  auto own = from.of(who).minute;
  auto free = from.free.minute;
  if (base == 0 || own == 0)
    return 0;
  if (free == 0)
    return base;
  // Numbers of config are at most a billion: no overflow.
  return std::max<std::uint64_t>(1, base * own / free);
}

/// Which of two that fit says it more exactly.
bool closer(const tool_limit_settings& one,
            const tool_limit_settings& other) noexcept {
  auto whole = !one.name.ends_with('*');
  return whole != !other.name.ends_with('*')
           ? whole
           : one.name.size() > other.name.size();
}

} // namespace

std::uint64_t endpoint_limit(const limit_settings& from, tier who,
                             endpoint where) noexcept {
  return scaled(from.endpoints.of(where), from.tiers, who);
}

std::uint64_t tool_limit(const limit_settings& from, tier who,
                         std::string_view tool) noexcept {
  const tool_limit_settings* best = nullptr;
  for (auto& one : from.tools)
    if (listed(tool, one.name) && (!best || closer(one, *best)))
      best = &one;
  if (!best)
    return 0;
  return best->of(who).value_or(scaled(best->minute, from.tiers, who));
}

charges limit_book::call(tier who, std::string_view tool) const noexcept {
  charges result;
  if (auto most = tool_limit(settings_, who, tool))
    result.add({limit_type::tool, slot_of(limit_type::tool), {most, 1min}, 1});
  return result;
}

spend_limit share_of(const spend_limit& whole, std::uint32_t nodes) noexcept {
  return {std::max<std::uint64_t>(1, whole.most / std::max(1u, nodes)),
          whole.span};
}

limit_book::limit_book(const limit_settings& from) : settings_(from) {
  for (std::size_t t = 0; t < tier_count; ++t)
    for (std::size_t e = 0; e < endpoint_count; ++e) {
      auto who = static_cast<tier>(t);
      auto where = static_cast<endpoint>(e);
      auto& of = from.tiers.of(who);
      auto add = [&](limit_type what, std::uint64_t most, duration span) {
        if (most > 0)
          requests_[t][e].add({what, slot_of(what, where), {most, span}, 1});
      };
      add(limit_type::minute, of.minute, 1min);
      add(limit_type::hour, of.hour, 1h);
      add(limit_type::day, of.day, 24h);
      add(limit_type::endpoint, endpoint_limit(from, who, where), 1min);
    }
}

} // namespace caisson
