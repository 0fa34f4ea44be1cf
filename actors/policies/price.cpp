#include "actors/policies/price.hpp"

#include <algorithm>
#include <cmath>

namespace caisson {

nano_usd cost_of(const token_usage& usage, const token_price& price) noexcept {
  // USD for a million tokens are thousands of billionths for one.
  constexpr double nano_for_one = nano_usd_in_one / 1e6;
  auto cached = std::min(usage.cached_input, usage.input);
  auto sum
    = static_cast<double>(usage.input - cached) * price.input
      + static_cast<double>(cached) * price.cached_input.value_or(price.input)
      + static_cast<double>(usage.output) * price.output;
  // Sums of decimal fractions are a little more than they should be.
  return static_cast<nano_usd>(std::ceil(sum * nano_for_one - 1e-6));
}

} // namespace caisson
