#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace caisson::protocol {

/// A `chat.completion` with another id, all else byte for byte (law C8).
/// Nothing where the text is no completion.
std::optional<std::string> with_id(std::string_view completion,
                                   std::string_view trace_id);

/// A `chat.completion` as the stream that says the same: role, words, tool
/// calls, the finish reason, the usage where `usage`, `[DONE]`. Texts are cut
/// between words, into a few hundred events at most; where the completion
/// tells the odds of each token they are one event, as those belong together.
/// The id is a new one. Nothing where the text is no completion of one choice.
std::optional<std::string> replay(std::string_view completion,
                                  std::string_view trace_id, bool usage);

/// An id of the same kind for an answer that is given again: what the kind
/// begins with (`chatcmpl-`, `msg_`), then the trace of the request.
std::string fresh_id(std::string_view id, std::string_view trace_id);

} // namespace caisson::protocol
