#pragma once

#include <array>
#include <optional>
#include <span>
#include <string>

#include "actors/limits/accounts.hpp"
#include "actors/stores/key_value.hpp"

namespace caisson {

// The windows of `spend_window` in a key-value store: the same buckets, kept by
// a script that the store runs as one step, by the store's own clock. One round
// trip decides on all limits of a request, for all nodes that share the store.
//
// A window is a key of its own, `caisson:rl:{CLIENT}:SLOT`, CLIENT being 32 hex
// digits; it leaves when all of it has left its span. The braces keep a
// client's keys on one node of a cluster.

/// Charges all of `what` or nothing, as `decide` does. `owed` is what was spent
/// while the store was gone, one for each charge: charged in any case.
kv_question decision_question(const limit_key& who, const charges& what,
                              std::span<const std::uint64_t> owed);

/// How the client stands, by the store's answer; nothing when that is nonsense.
std::optional<standing> standing_in(const kv_value& answer,
                                    const charges& what);

/// So many of the windows that it was asked for were none: of another type, or
/// nonsense. They were taken for empty, and have been replaced.
std::uint64_t garbage_in(const kv_value& answer) noexcept;

/// Settles, as `settle` does, what was charged at `spent_at` of the store's
/// clock.
kv_question settlement_question(const limit_key& who, const charges& reserved,
                                std::span<const std::uint64_t> used,
                                std::int64_t spent_at);

} // namespace caisson
