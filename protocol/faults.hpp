#pragma once

#include <string>
#include <string_view>

#include "actors/fault.hpp"

namespace caisson::protocol {

/// The one translation of a fault to HTTP. Nothing else in the node chooses a
/// status, a sentence or a wait for an error. Source: SPEC section 7.

/// The status of the answer.
unsigned http_status(const fault& what) noexcept;

/// The value of the answer's `Retry-After` in whole seconds, rounded up; at
/// least 1, and 1 when nobody knows. To be sent with every 429 and 503.
unsigned retry_after_seconds(const fault& what) noexcept;

/// The body of a JSON endpoint's error: OpenAI's envelope, and in it the
/// members of ours. An empty `trace_id` is written as null.
std::string error_body(const fault& what, std::string_view trace_id);

/// The last event of a stream that cannot go on: `error_body` as server-sent
/// event. No `[DONE]` follows it: the stream did not end properly.
std::string error_event(const fault& what, std::string_view trace_id);

} // namespace caisson::protocol
