#pragma once

#include <string>
#include <string_view>

#include "protocol/http/head.hpp"

namespace caisson {

/// Who a request is, in logs, errors and headers.
struct trace_context {
  std::string trace_id;   ///< 32 hex digits: the client's, or a new one
  std::string span_id;    ///< 16 hex digits: this node's part
  std::string request_id; ///< the client's `X-Request-Id`, or the trace id
};

/// Reads `traceparent` (W3C Trace Context) and `X-Request-Id` of a request;
/// makes new ones where there are none or they are malformed.
trace_context trace_of(const http::request_head& head);

/// A trace of our own, for what has no readable head.
trace_context new_trace();

/// The value of `traceparent` for what this node sends.
std::string traceparent(const trace_context& trace);

} // namespace caisson
