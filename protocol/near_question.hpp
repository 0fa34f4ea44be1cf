#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "protocol/chat_request.hpp"

namespace caisson::protocol {

/// The part of a request that may be asked in other words, and all the rest,
/// which may not.
struct near_question {
  /// Longer ones are not compared: a text of which most is the same is near
  /// whatever the rest of it asks.
  static constexpr std::size_t longest = 8'192;

  /// The text of the last message, which is a user's; of several, the last.
  std::string text;
  /// The canonical request without that text, and the numbers in it: they lie
  /// close together as vectors, and never mean the same.
  std::string rest;
};

/// Nothing where other words would not do: for requests with tools, calls of
/// tools or their results, with images or other parts that are no text, with a
/// form prescribed for the answer, and where the last message is no user's or
/// has no text.
std::optional<near_question> near_question_of(const chat_request& request);

/// The numbers in a text, in their order: each run of digits.
std::string numbers_in(std::string_view text);

} // namespace caisson::protocol
