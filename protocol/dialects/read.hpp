#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "protocol/dialect.hpp"

namespace caisson::protocol {

/// Readers of providers' replies for a client that speaks OpenAI's dialect.
///
/// The same in all: a feed in which the provider reports an error is that
/// fault as a whole, also when tokens came before it in the same bytes: what
/// was not handed out was not delivered, and a retry may still go unseen.
/// Events of up to `sse_decoder::default_limit` bytes are held until they are
/// whole, so a client never gets a part of one.

/// OpenAI's own: bytes pass through. With `usage_injected`, the node asked for
/// usage on its own account, and the event that has nothing else is dropped.
/// Ends with `[DONE]`.
std::unique_ptr<reply_reader> read_openai(bool usage_injected);

/// Anthropic's messages, translated. `model` is named if the provider names
/// none; `created` (Unix seconds) goes into the answer. With `wants_usage`, a
/// stream's usage has an event of its own. Ends with `message_stop`. For a
/// client that speaks Anthropic itself, the message or event that is behind
/// each piece goes along in `extra_content.anthropic`, and pings as comments:
/// the client's front says those instead, so that nothing gets lost on the way
/// there and back.
std::unique_ptr<reply_reader> read_anthropic(std::string model,
                                             std::int64_t created,
                                             bool wants_usage,
                                             bool for_its_own = false);

/// Gemini's generateContent, translated. The wire has no last event: a stream
/// is complete when every candidate has said its finish reason and the
/// connection ends, so that usage and `[DONE]` come out of `close`.
std::unique_ptr<reply_reader>
read_google(std::string model, std::int64_t created, bool wants_usage);

} // namespace caisson::protocol
