#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "actors/call.hpp"

namespace caisson::protocol {

class chat_request;

/// What the simulated provider says. It stands in where no provider is
/// configured, and says so in every answer. Pure: delays ("simulated-slow")
/// and failures ("simulated-fail") are the port's business.
struct simulated_answer {
  std::string text;
  /// `text` cut behind every run of blanks, in order: what a stream sends one
  /// by one.
  std::vector<std::string> pieces;
  token_usage usage;
};

/// Tokens of a text, by the rule of thumb of one for four bytes, rounded up.
std::uint64_t estimate_tokens(std::string_view text) noexcept;

/// The answer to somebody who said `words`; `heard` is all of the prompt, for
/// the estimate. Long words are cut, at a character's end.
simulated_answer simulate(std::string_view words, std::uint64_t heard_tokens);

/// The answer to a request: to its last user text.
simulated_answer simulate(const chat_request& request);

/// The answer as a `chat.completion`; `created` in Unix seconds.
std::string simulated_body(const simulated_answer& what, std::string_view model,
                           std::int64_t created);

/// The number of events that a stream of the answer has: the role, a piece
/// each, the finish, with `wants_usage` the usage, and `[DONE]`.
std::size_t simulated_events(const simulated_answer& what,
                             bool wants_usage) noexcept;

/// The `index`-th of them, as it goes to the client; empty beyond the last.
std::string simulated_event(const simulated_answer& what,
                            std::string_view model, std::int64_t created,
                            bool wants_usage, std::size_t index);

} // namespace caisson::protocol
