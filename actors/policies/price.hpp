#pragma once

#include <cstdint>
#include <optional>

#include "actors/call.hpp"

namespace caisson {

/// Money in the node: whole billionths of a USD. A token of the cheapest models
/// costs some tens of them.
using nano_usd = std::uint64_t;

inline constexpr double nano_usd_in_one = 1e9;

/// What a model costs, in USD for a million tokens.
struct token_price {
  double input = 0;
  /// Of input that the provider had in its cache; unset: as any other.
  std::optional<double> cached_input;
  double output = 0;
};

/// What an answer has cost, rounded up.
nano_usd cost_of(const token_usage& usage, const token_price& price) noexcept;

} // namespace caisson
