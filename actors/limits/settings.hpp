#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace caisson {

// What a person can say of limits. Plain fields with their defaults (SPEC
// section 5); server/config reads them from TOML.

enum class limit_mode : std::uint8_t {
  enforce,  ///< what is beyond a limit is refused
  log_only, ///< it is counted and passes
  disabled, ///< nobody counts
};

/// Where the counts are kept.
enum class limit_store : std::uint8_t {
  automatic, ///< "auto": in Redis where a dependency of that kind is
             ///< configured, else by the cluster where the node belongs to one
  memory,    ///< in this node alone
  redis,     ///< in Redis; without it, by this node for its share
  cluster,   ///< by the nodes of the cluster, each for some of the clients
};

/// What a client may do at all.
enum class tier : std::uint8_t {
  anonymous, ///< has shown no key that is known
  free,
  standard,
  premium,
  enterprise,
};

inline constexpr std::size_t tier_count = 5;

/// What is limited for itself, beside a client's limit for everything: a metric
/// label.
enum class endpoint : std::uint8_t {
  llm,  ///< an answer of a model
  read, ///< what the node answers by itself
};

inline constexpr std::size_t endpoint_count = 2;

std::string_view name_of(limit_mode mode) noexcept;
std::string_view name_of(limit_store store) noexcept;
std::string_view name_of(tier which) noexcept;
std::string_view name_of(endpoint which) noexcept;

std::optional<limit_mode> limit_mode_of(std::string_view name) noexcept;

/// Requests in any minute, hour and day, and LLM tokens in any minute; 0: no
/// limit.
struct tier_settings {
  std::uint64_t minute = 0;
  std::uint64_t hour = 0;
  std::uint64_t day = 0;
  std::uint64_t tokens_per_minute = 0;
};

struct tiers_settings {
  tier_settings anonymous{10, 100, 1'000};
  tier_settings free{60, 1'000, 10'000};
  tier_settings standard{300, 5'000, 50'000};
  tier_settings premium{1'000, 20'000, 200'000};
  tier_settings enterprise{};

  const tier_settings& of(tier which) const noexcept;
};

/// Requests of the free tier in any minute; other tiers have more or fewer as
/// their limit for everything is; 0: no limit.
struct endpoint_settings {
  std::uint64_t llm = 30;
  std::uint64_t read = 200;

  std::uint64_t of(endpoint which) const noexcept;
};

/// The member for a tier of what has one for each.
template <class ByTier>
const auto& member_for(const ByTier& of, tier which) noexcept {
  switch (which) {
    case tier::anonymous:
      break;
    case tier::free:
      return of.free;
    case tier::standard:
      return of.standard;
    case tier::premium:
      return of.premium;
    case tier::enterprise:
      return of.enterprise;
  }
  return of.anonymous;
}

/// Calls of a tool in any minute, of one client; each tool that the pattern
/// fits is counted by itself; 0: no limit.
struct tool_limit_settings {
  /// A tool as it is offered; `*` at the end stands for any rest.
  std::string name;
  /// Of the free tier; other tiers have more or fewer as their limit for
  /// everything is, where nothing is said of them.
  std::uint64_t minute = 0;
  std::optional<std::uint64_t> anonymous;
  std::optional<std::uint64_t> free;
  std::optional<std::uint64_t> standard;
  std::optional<std::uint64_t> premium;
  std::optional<std::uint64_t> enterprise;

  const std::optional<std::uint64_t>& of(tier which) const noexcept;
};

struct limit_settings {
  limit_mode mode = limit_mode::enforce;
  limit_store store = limit_store::automatic;
  /// So many nodes share the store: what each may admit when it is gone.
  std::uint32_t nodes = 1;
  /// Clients without a key that are remembered at a time, on all threads.
  std::uint32_t max_clients = 50'000;
  tiers_settings tiers;
  endpoint_settings endpoints;
  std::vector<tool_limit_settings> tools;
};

} // namespace caisson
