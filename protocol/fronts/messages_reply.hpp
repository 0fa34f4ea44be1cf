#pragma once

#include <memory>
#include <string>

#include "protocol/fronts/front.hpp"

namespace caisson::protocol {

/// Says an answer in the words of Anthropic's Messages API: a message object,
/// or the events of a stream from `message_start` to `message_stop`.
///
/// Texts, refusals and calls of the first choice become blocks; reasoning is
/// dropped, since a `thinking` block needs a signature that only Anthropic
/// gives. Cached tokens are counted apart from `input_tokens`. What OpenAI's
/// words do not tell: which stop sequence was met (`end_turn` stands for it),
/// how much was written to a cache, and before its end how large the prompt of
/// a stream is: `message_start` counts 0, `message_delta` the truth, which
/// clients take over. A provider that counts nothing is counted as 0.
///
/// An Anthropic provider's own message and events are said as they were (but
/// for blanks, pings and events of unknown types): its reader sends them along.
std::unique_ptr<answer_writer> write_messages_reply(std::string trace_id);

} // namespace caisson::protocol
