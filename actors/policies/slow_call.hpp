#pragma once

#include <optional>

#include "actors/call.hpp"
#include "actors/settings.hpp"

namespace caisson {

/// How long a call took and, where it streamed, how it came. Made from a plain
/// duration where no more is known.
struct call_measure {
  call_measure(duration whole = {},
               std::optional<duration> to_first_token = std::nullopt,
               std::optional<double> rate = std::nullopt) noexcept
    : took(whole), first_token(to_first_token), tokens_per_second(rate) {
    // nop
  }

  duration took;
  /// The silence before the first token; unset: none came, or no stream.
  std::optional<duration> first_token;
  std::optional<double> tokens_per_second;
};

/// Whether a breaker of these settings looks at slowness at all.
inline bool judges_slow(const breaker_settings& settings) noexcept {
  return settings.slow_call || settings.slow_first_token
         || settings.slow_tokens_per_second;
}

/// Whether that call was slow: in any one of the ways that are set and that
/// were measured.
inline bool slow(const breaker_settings& settings,
                 const call_measure& call) noexcept {
  // What was not measured is taken to be just at its limit.
  auto over = [](const std::optional<millis>& limit,
                 const std::optional<duration>& took) {
    return limit && took.value_or(*limit) > *limit;
  };
  auto& rate = settings.slow_tokens_per_second;
  return over(settings.slow_call, call.took)
         || over(settings.slow_first_token, call.first_token)
         || (rate && call.tokens_per_second.value_or(*rate) < *rate);
}

} // namespace caisson
