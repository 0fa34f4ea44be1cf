#pragma once

#include <string_view>

#include "actors/call.hpp"

namespace caisson::protocol {

/// What the top level of a completion or of a chunk says.
struct openai_summary {
  bool has_choices = false;
  bool choices_empty = false;
  bool has_error = false;
  bool has_usage = false;
  bool has_token = false;
  token_usage usage;
};

/// Reads one JSON object and nothing behind it, without a tree; false if that
/// is not what the text is. `look_closer`: search deltas for a token.
bool summarize(std::string_view text, bool look_closer, openai_summary& into);

} // namespace caisson::protocol
