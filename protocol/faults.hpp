#pragma once

#include <string>
#include <string_view>

#include "actors/fault.hpp"
#include "protocol/envelope.hpp"

namespace caisson::protocol {

/// The one translation of a fault to HTTP. Nothing else in the node chooses a
/// status, a sentence or a wait for an error. Source: SPEC section 7.

/// What a person is told of it: a sentence, or two.
std::string sentence_of(const fault& what);

/// The status of the answer.
unsigned http_status(const fault& what) noexcept;

/// The value of the answer's `Retry-After` in whole seconds, rounded up; at
/// least 1, and 1 when nobody knows. To be sent with every 429 and 503.
unsigned retry_after_seconds(const fault& what) noexcept;

/// Who is told of an error.
struct addressee {
  std::string_view trace_id;   ///< empty: written as null
  std::string_view request_id; ///< likewise; Anthropic's envelope has it
  envelope client = envelope::openai;
  /// Which of its requests a client of JSON-RPC is told of, JSON.
  std::string_view rpc_id = "null";
};

/// Which limit a client has reached: a part of the error's metadata.
struct limit_notice {
  std::string_view tier;
  std::string_view limit; ///< a JSON number
};

/// The code of a JSON-RPC error that carries it, outside what JSON-RPC and MCP
/// keep for themselves where SPEC section 7 has one.
int json_rpc_code(const fault& what) noexcept;

/// The body of an error: the envelope of the client's dialect, and in its
/// `error` the members of ours.
std::string error_body(const fault& what, const addressee& to,
                       const limit_notice* limit = nullptr);

/// The last event of a stream that cannot go on: `error_body` as server-sent
/// event. Nothing follows it, neither `[DONE]` nor `message_stop`: the stream
/// did not end properly.
std::string error_event(const fault& what, const addressee& to);

} // namespace caisson::protocol
