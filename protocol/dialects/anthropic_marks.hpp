#pragma once

#include <cstddef>
#include <optional>
#include <string_view>

#include "protocol/conversation.hpp"

namespace caisson::protocol {

/// Where a request to Anthropic says `cache_control`: the provider keeps what
/// stands up to there, and the next request that begins alike reads it. At most
/// three of the four that the vendor allows.
struct cache_marks {
  bool tools = false;  ///< at the last tool
  bool system = false; ///< at the system's text, tools included
  /// At the end of this turn: all before the newest that the model has not
  /// answered, as the next request of the conversation has it too.
  std::optional<std::size_t> turn;
};

/// The marks of a conversation. A beginning of fewer than about 1024 tokens
/// has none: the vendor would not keep it.
cache_marks marks_of(const conversation& words);

/// What stands at a mark, as the last member of its block.
inline constexpr std::string_view cache_mark
  = R"(,"cache_control":{"type":"ephemeral"}})";

} // namespace caisson::protocol
