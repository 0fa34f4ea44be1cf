#include "actors/limits/book.hpp"

#include <algorithm>

namespace caisson {

using namespace std::chrono_literals;

std::uint64_t endpoint_limit(const limit_settings& from, tier who,
                             endpoint where) noexcept {
  auto own = from.tiers.of(who).minute;
  auto free = from.tiers.free.minute;
  auto base = from.endpoints.of(where);
  if (base == 0 || own == 0)
    return 0;
  if (free == 0)
    return base;
  // Numbers of config are at most a billion: no overflow.
  return std::max<std::uint64_t>(1, base * own / free);
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
