#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "actors/cache/value.hpp"
#include "actors/settings.hpp"

namespace caisson {

// A value as the shared store has it, in a form that a script of the store can
// read the beginning of:
//
//   1 0000600000 0123456789abcdef 42 6 12 openai gpt-5-mini …data…
//   │ │          │                │  │ └ size of the model
//   │ │          │                │  └ size of the source
//   │ │          │                └ tokens
//   │ │          └ checksum of all that follows it
//   │ └ for so long before the store drops it, it is stale (milliseconds)
//   └ version
//
// No clock is in it: how long it is still fresh is what the store's own says it
// will live, less the stale end, so nodes' clocks need not agree.

inline constexpr std::size_t stale_field_at = 2;
inline constexpr std::size_t stale_field_size = 10;

/// `stale_for` at most 9 999 999 999 ms.
std::string stored_form(const cached_value& what, millis stale_for);

/// The value; nothing where the bytes are not what `stored_form` makes.
cached_ptr read_stored(std::string_view from);

} // namespace caisson
