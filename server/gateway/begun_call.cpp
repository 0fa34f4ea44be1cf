#include "server/gateway/begun_call.hpp"

namespace caisson {

call begun_call(const request_context& request,
                const std::atomic<std::int64_t>& longest_ms) {
  millis longest{longest_ms.load(std::memory_order_relaxed)};
  call what;
  what.trace_id = request.trace.trace_id;
  what.span_id = request.trace.span_id;
  what.hurried = request.wanted_timeout && *request.wanted_timeout < longest;
  what.deadline
    = request.began + (what.hurried ? *request.wanted_timeout : longest);
  what.caller = request.caller;
  what.features = request.who.features;
  return what;
}

} // namespace caisson
