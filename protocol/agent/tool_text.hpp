#pragma once

#include <string_view>

#include "actors/agent/ports.hpp"

namespace caisson::protocol {

/// What a model reads of the result of `tools/call`, a JSON object that has
/// been read: its texts; where there are none, its structured content; of
/// everything else that it is there.
tool_words words_of(std::string_view result);

} // namespace caisson::protocol
