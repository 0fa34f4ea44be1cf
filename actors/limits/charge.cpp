#include "actors/limits/charge.hpp"

namespace caisson {

std::string_view name_of(limit_type type) noexcept {
  switch (type) {
    case limit_type::minute:
      return "minute";
    case limit_type::hour:
      return "hour";
    case limit_type::day:
      return "day";
    case limit_type::endpoint:
      return "endpoint";
    case limit_type::tokens:
      return "tokens";
    case limit_type::budget:
      return "budget";
    case limit_type::tool:
      return "tool";
  }
  return {};
}

std::string_view name_of(limit_source source) noexcept {
  switch (source) {
    case limit_source::memory:
      return "memory";
    case limit_source::redis:
      return "redis";
    case limit_source::cluster:
      return "cluster";
  }
  return {};
}

limit_slot slot_of(limit_type type, endpoint where) noexcept {
  switch (type) {
    case limit_type::minute:
    case limit_type::hour:
    case limit_type::day:
      return static_cast<limit_slot>(type);
    case limit_type::tool:
      return slot_of(limit_type::minute);
    case limit_type::tokens:
      return 3;
    case limit_type::budget:
      return 4;
    case limit_type::endpoint:
      break;
  }
  return static_cast<limit_slot>(5 + static_cast<unsigned>(where));
}

std::string_view name_of_slot(limit_slot slot) noexcept {
  constexpr std::array<std::string_view, 5> names{"minute", "hour", "day",
                                                  "tokens", "budget"};
  return slot < names.size() ? names[slot]
                             : name_of(static_cast<endpoint>(slot - 5));
}

standing summary(std::span<const charge> what,
                 std::span<const limit_state> states) {
  standing result;
  for (std::size_t i = 0; i < what.size(); ++i) {
    auto& state = states[i];
    auto refuses = state.wait > duration{0};
    auto tells
      = !result.limited
        || (refuses ? state.wait > result.retry_after
                    : !result.exceeded && state.remaining < result.remaining);
    result.exceeded = result.exceeded || refuses;
    if (!tells)
      continue;
    result.limited = true;
    result.what = what[i].what;
    result.limit = what[i].of.most;
    result.remaining = state.remaining;
    result.whole_in = state.whole_in;
    result.retry_after = state.wait;
  }
  return result;
}

} // namespace caisson
