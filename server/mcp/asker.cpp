#include "server/mcp/asker.hpp"

#include "protocol/mcp/event_stream.hpp"
#include "protocol/mcp/reply.hpp"

namespace caisson {

std::chrono::sys_seconds today() {
  return std::chrono::floor<std::chrono::seconds>(
    std::chrono::system_clock::now());
}

std::string principal_of(const requester& from) {
  auto& who = from.request().who;
  if (!who.known)
    return "anonymous";
  return "user:" + std::to_string(who.key.high) + '-'
         + std::to_string(who.key.low);
}

void say(requester& to, const protocol::mcp::rpc_error& what) {
  to.answer(what.status, json_media, own(protocol::mcp::write_error(what)));
}

std::string event_of(std::string_view message) {
  std::string event;
  protocol::mcp::append_event(event, message);
  return event;
}

std::string limited_answer(const requester& to, std::string_view id,
                           const limit_desk::over_limit& why) {
  protocol::addressee who{
    to.request().trace.trace_id, {}, protocol::envelope::json_rpc};
  who.rpc_id = id;
  auto notice = why.notice();
  return protocol::error_body(why.why, who, notice ? &*notice : nullptr);
}

std::string retry_after_line(const fault& why) {
  return "Retry-After: " + std::to_string(protocol::retry_after_seconds(why))
         + "\r\n";
}

fault no_room() {
  auto why = make_fault(errc::bulkhead_rejected,
                        "the node has all the streams it can take");
  why.retry_after = millis{1'000};
  return why;
}

} // namespace caisson
