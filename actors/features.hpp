#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>

namespace caisson {

/// What may be on for some callers and not for others (`[features]`, SPEC
/// section 7).
enum class feature : std::uint8_t {
  resilience,      ///< retries, and the other targets of a chain
  rate_limiting,   ///< limits of requests, tools, tokens and money
  caching,         ///< answers that are kept and given again
  semantic_cache,  ///< the same to questions in other words
  stream_failover, ///< a stream that dies in its middle goes on elsewhere
  hedging,         ///< a second target beside a silent first
};

inline constexpr std::array every_feature{
  feature::resilience,     feature::rate_limiting,   feature::caching,
  feature::semantic_cache, feature::stream_failover, feature::hedging,
};

std::string_view name_of(feature which) noexcept;
std::optional<feature> feature_of(std::string_view name) noexcept;

/// What one caller has of them: all, but for what was taken away.
class feature_set {
public:
  constexpr bool has(feature which) const noexcept {
    return (without_ & bit(which)) == 0;
  }

  constexpr void take_away(feature which) noexcept {
    without_ = static_cast<std::uint8_t>(without_ | bit(which));
  }

  bool operator==(const feature_set&) const = default;

private:
  static constexpr unsigned bit(feature which) noexcept {
    return 1u << static_cast<unsigned>(which);
  }

  std::uint8_t without_ = 0;
};

} // namespace caisson
