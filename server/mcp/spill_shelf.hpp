#pragma once

#include <memory>
#include <mutex>
#include <optional>
#include <string>

#include "actors/policies/spill_store.hpp"
#include "protocol/mcp/result_bound.hpp"
#include "protocol/mcp/spilled.hpp"
#include "server/config/settings.hpp"

namespace caisson {

/// The results of tools that were too large to be passed on, until their
/// clients read them; for all threads. They are in the memory of this node
/// alone: another node knows none of them, and a restart forgets them
/// (adr/0027).
class spill_shelf {
public:
  explicit spill_shelf(const spill_settings& bounds) : held_(of(bounds)) {
    apply(bounds);
  }

  void apply(const spill_settings& bounds);

  /// Keeps a text for an owner, under a name that nobody can guess: those who
  /// have shown no key have one owner. Nothing: it is too large.
  std::optional<protocol::mcp::kept_result> keep(const std::string& owner,
                                                 std::string text,
                                                 std::string_view media,
                                                 std::uint64_t part_size);

  /// What an owner reads under that name; null where that is nothing, or
  /// another's.
  std::shared_ptr<const protocol::mcp::spilled> find(const std::string& owner,
                                                     std::string_view id) const;

  /// Of all that is kept now.
  std::size_t bytes();

private:
  using store = spill_store<std::shared_ptr<const protocol::mcp::spilled>>;

  static store::bounds of(const spill_settings& bounds) {
    return {bounds.max_entries, bounds.max_bytes, bounds.ttl};
  }

  mutable std::mutex lock_;
  store held_;
  millis ttl_{};
};

} // namespace caisson
