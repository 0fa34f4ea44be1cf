#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace caisson::protocol {

/// A `chat.completion`, or a chunk of one, with another id, all else byte for
/// byte (law C8). Nothing where the text is neither.
std::optional<std::string> with_id(std::string_view completion,
                                   std::string_view trace_id);

/// A `chat.completion` as the stream that says the same: role, words, tool
/// calls, the finish reason, the usage where `usage`, `[DONE]`. Texts are cut
/// between words, into a few hundred events at most; where the completion
/// tells the odds of each token they are one event, as those belong together.
/// The id is a new one. Nothing where the text is no completion of one choice.
std::optional<std::string> replay(std::string_view completion,
                                  std::string_view trace_id, bool usage);

/// The event that tells the usage, JSON, of the stream that `chunk` is of: it
/// says what all of them say, with the id of an answer that is given again.
/// Empty where there is no chunk.
std::string usage_chunk(std::string_view chunk, std::string_view trace_id,
                        std::string_view usage);

/// What ends a stream of chunks.
inline constexpr std::string_view end_of_chunks = "data: [DONE]\n\n";

/// An id of the same kind for an answer that is given again: what the kind
/// begins with (`chatcmpl-`, `msg_`), then the trace of the request.
std::string fresh_id(std::string_view id, std::string_view trace_id);

} // namespace caisson::protocol
