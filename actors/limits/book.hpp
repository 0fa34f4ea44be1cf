#pragma once

#include <array>
#include <string_view>

#include "actors/limits/charge.hpp"

namespace caisson {

/// The limits that hold now, worked out beforehand: immutable, shared by all
/// threads.
class limit_book {
public:
  explicit limit_book(const limit_settings& from);

  const limit_settings& settings() const noexcept { return settings_; }

  /// What one request of a tier is charged.
  const charges& request(tier who, endpoint where) const noexcept {
    return requests_[static_cast<std::size_t>(who)]
                    [static_cast<std::size_t>(where)];
  }

  /// What one call of a tool is charged besides, in the account that the caller
  /// has for that tool; nothing where there is no limit.
  charges call(tier who, std::string_view tool) const noexcept;

private:
  limit_settings settings_;
  std::array<std::array<charges, endpoint_count>, tier_count> requests_;
};

/// The limit of an endpoint for a tier: the free tier's, scaled as their limits
/// for everything; at least 1, and 0 where there is no limit.
std::uint64_t endpoint_limit(const limit_settings& from, tier who,
                             endpoint where) noexcept;

/// The limit of a tool for a tier, by whatever is said of it most exactly: its
/// whole name before patterns, longer ones before shorter. 0 where there is no
/// limit.
std::uint64_t tool_limit(const limit_settings& from, tier who,
                         std::string_view tool) noexcept;

/// The part of a limit that one of `nodes` may admit by itself; at least 1.
spend_limit share_of(const spend_limit& whole, std::uint32_t nodes) noexcept;

} // namespace caisson
