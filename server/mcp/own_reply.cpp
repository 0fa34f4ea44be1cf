#include "server/mcp/own_reply.hpp"

#include <boost/asio/post.hpp>

#include "protocol/faults.hpp"
#include "protocol/mcp/event_stream.hpp"
#include "protocol/mcp/tool_result.hpp"
#include "server/mcp/asker.hpp"
#include "server/mcp/own_desk.hpp"

namespace caisson {

namespace mcp = protocol::mcp;

own_reply::own_reply(own_desk& desk, plan what)
  : desk_(desk), plan_(std::move(what)), meter_(plan_.progress_token),
    end_(plan_.to, plan_.streams, desk.keep_alive()) {
  // nop
}

own_reply::~own_reply() {
  if (done_)
    return;
  // Sockets are touched on their own thread only, whoever lost the request.
  auto say = [&desk = desk_, plan = plan_, end = end_]() mutable {
    own_reply again{desk, std::move(plan)};
    again.end_ = std::move(end);
    if (again.end_.heard())
      again.fail(make_fault(errc::unexpected, "the request was lost"));
    else
      again.close();
  };
  boost::asio::post(plan_.to->home().context(), std::move(say));
}

bool own_reply::waits() const noexcept {
  return !done_ && (plan_.in || end_.heard());
}

void own_reply::progress(std::string_view sentence) {
  if (done_ || !plan_.streams || !end_.heard())
    return;
  if (auto said = meter_.step(++steps_, std::nullopt, sentence))
    end_.say(*said, desk_.keep_alive());
}

void own_reply::sign(time_point now) {
  if (!done_)
    end_.sign(now, desk_.keep_alive());
}

void own_reply::conclude(mcp::outcome how) {
  if (done_)
    return;
  auto* refusal = std::get_if<mcp::rpc_error>(&how.what);
  desk_.counts().message(plan_.method, plan_.spoken, refusal);
  if (!plan_.tool.empty())
    desk_.counts().call(plan_.tool, refusal           ? "refused"
                                    : how.tool_failed ? "failed"
                                                      : "ok");
  mcp::message one;
  one.id = plan_.id;
  one.method = plan_.method;
  finish(desk_.offers().write(plan_.spoken, one, how),
         refusal ? refusal->status : 200);
}

void own_reply::fail(const fault& why) {
  if (done_)
    return;
  plan_.to->through().count_error(why.code);
  if (!plan_.tool.empty()) {
    auto said = mcp::failed_call(why);
    return conclude({std::move(said.members), plan_.tool, said.failed});
  }
  desk_.counts().unserved(plan_.method, plan_.spoken);
  protocol::addressee who{
    plan_.to->request().trace.trace_id, {}, protocol::envelope::json_rpc};
  who.rpc_id = plan_.id;
  finish(protocol::error_body(why, who), 200);
}

void own_reply::refuse(const limit_desk::over_limit& why) {
  if (done_)
    return;
  plan_.to->through().count_error(why.why.code);
  desk_.counts().unserved(plan_.method, plan_.spoken);
  desk_.counts().call(plan_.tool, "limited");
  finish(limited_answer(*plan_.to, plan_.id, why), 200,
         retry_after_line(why.why));
}

void own_reply::finish(std::string message, unsigned status,
                       std::string_view fields) {
  close();
  end_.finish(std::move(message), status, fields);
}

void own_reply::cancel() {
  if (done_)
    return;
  close();
  desk_.counts().unserved(plan_.method, plan_.spoken);
  if (!plan_.tool.empty())
    desk_.counts().call(plan_.tool, "cancelled");
  if (plan_.in)
    end_.withdraw();
}

void own_reply::close() {
  done_ = true;
  desk_.over(end_.id());
  if (plan_.in)
    desk_.calls().ended(plan_.in->key, plan_.id);
}

} // namespace caisson
