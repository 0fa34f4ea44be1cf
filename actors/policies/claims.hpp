#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>

#include "actors/call.hpp"

namespace caisson {

/// Who fetches a value, of several nodes: the first that says so, until it lets
/// go, until its lease is over, or until it is gone. Tokens are made up by
/// those who claim, each once.
///
///            claim                     release, lease over, gone
///   nobody ─────────► one has it ──────────────────────────────► nobody
///                       │    ▲
///                       └────┘ claim `instead_of` it, where it is lost
class claims {
public:
  /// Keys that are fetched at a time. Beyond that nobody is kept from
  /// fetching.
  static constexpr std::size_t most = 65'536;

  struct wish {
    std::string token;
    std::string node; ///< the asker's
    /// The token of one who was said to have it and does not; or empty.
    std::string instead_of;
    time_point until;
  };

  /// The token of who fetches it from now on: the wish's own, or that of
  /// another, who was first. Asked by who has it already, it renews his lease.
  /// Nothing: there are too many.
  std::optional<std::string> claim(std::string_view key, const wish& what,
                                   time_point now);

  /// Let go by who has it; others change nothing.
  void release(std::string_view key, std::string_view token);

  /// What is fetched under keys that begin so is not for those who ask later.
  void forget(std::string_view prefix);

  /// All that this node had.
  void gone(std::string_view node);

  std::size_t size() const noexcept { return held_.size(); }

private:
  struct holder {
    std::string token;
    std::string node;
    time_point until;
  };

  void make_room(time_point now);

  std::unordered_map<std::string, holder> held_; ///< by key
  time_point none_over_before_{};                ///< where there are too many
};

} // namespace caisson
