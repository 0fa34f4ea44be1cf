#pragma once

#include <memory>
#include <string>

#include "actors/fault.hpp"
#include "protocol/chat_request.hpp"

namespace caisson::protocol {

/// Reads a request of Anthropic's Messages API (`POST /v1/messages`, version
/// 2023-06-01) into OpenAI's words. Refuses what is not strict JSON or has not
/// the vendor's shape, as `chat_request::read` does; `param` names the
/// client's own field ("messages[0].content[1].source").
///
/// What only Anthropic understands (its own tools, PDFs, files by id,
/// containers) is the request's flaw: `validation_constraint` from any other
/// provider. What other vendors have no word for, and whose loss changes no
/// answer's meaning, they do not hear: `cache_control`, `thinking` and its
/// blocks, `top_k`, `citations`, `service_tier`, unknown fields. A stream is
/// asked for its usage, which Anthropic's always has.
///
/// An Anthropic provider gets the body as it came, but for the model, and with
/// it `beta`, the client's `anthropic-beta`: without that the provider would
/// refuse fields that the client may use.
result<std::shared_ptr<const chat_request>>
read_messages_request(std::string body, std::string_view beta = {});

} // namespace caisson::protocol
