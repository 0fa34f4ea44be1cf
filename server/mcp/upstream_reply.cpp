#include "server/mcp/upstream_reply.hpp"

#include <boost/asio/post.hpp>

#include "protocol/faults.hpp"
#include "protocol/json/strict.hpp"
#include "protocol/mcp/event_stream.hpp"
#include "protocol/mcp/upstream_reader.hpp"
#include "server/http/door.hpp"
#include "server/mcp/asker.hpp"
#include "server/mcp/desk.hpp"

namespace caisson {

namespace mcp = protocol::mcp;

upstream_reply::upstream_reply(mcp_desk& desk, plan what)
  : desk_(desk), plan_(std::move(what)), words_(plan_.by, plan_.rules),
    events_(mcp::largest_message), id_(plan_.to->request().id),
    sign_due_(io_thread::now() + desk.keep_alive()) {
  // nop
}

upstream_reply::~upstream_reply() {
  if (done_)
    return;
  // Sockets are touched on their own thread only, whoever lost the request.
  auto say = [&desk = desk_, plan = plan_, id = id_,
              streaming = streaming_]() mutable {
    auto again = std::make_shared<upstream_reply>(desk, std::move(plan));
    again->id_ = id;
    again->streaming_ = streaming;
    if (again->heard())
      again->tell_fault(make_fault(errc::unexpected, "the request was lost"));
    else
      again->close();
  };
  boost::asio::post(plan_.to->home().context(), std::move(say));
}

bool upstream_reply::heard() const noexcept {
  return plan_.to->waits_for(id_);
}

bool upstream_reply::waits() const noexcept {
  return !done_ && (plan_.in || heard());
}

void upstream_reply::answer(bytes body, const provenance&) {
  if (done_)
    return;
  hear(body.data);
  if (!done_)
    tell_fault(make_fault(errc::mcp_error, failure_kind::decode,
                          "what the server says is no answer"));
}

void upstream_reply::more(bytes chunk) {
  protocol::sse_event event;
  events_.feed(chunk.data);
  for (auto got = events_.next(event); got && *got; got = events_.next(event))
    if (!done_ && event.has_data)
      hear(event.data);
}

void upstream_reply::end() {
  if (!done_)
    tell_fault(make_fault(errc::mcp_error, failure_kind::eof,
                          "the server ended before it answered"));
}

void upstream_reply::fail(const fault& what, const provenance&) {
  if (!done_)
    tell_fault(what);
}

void upstream_reply::hear(std::string_view message) {
  using kind = mcp::upstream_answer::kind;
  std::string text;
  text.reserve(message.size() + protocol::json::padding);
  text += message;
  auto shown = desk_.next_question();
  auto step = words_.take(text, shown);
  switch (step.what) {
    case kind::nothing:
      return;
    case kind::notification:
      return say(step.text);
    case kind::question:
      desk_.calls().ask(plan_.in->key, shown,
                        {plan_.to->home().number(), plan_.where,
                         plan_.in->client, std::move(step.id)});
      questions_.push_back(std::move(shown));
      return say(step.text);
    case kind::answered:
      return desk_.send(plan_.where, plan_.by.client, std::move(step.text));
    case kind::response:
      return conclude(step);
  }
}

void upstream_reply::say(std::string_view message) {
  if (!heard() || !plan_.streams)
    return;
  stream(event_of(message));
}

void upstream_reply::stream(std::string text) {
  sign_due_ = io_thread::now() + desk_.keep_alive();
  if (!std::exchange(streaming_, true))
    plan_.to->begin_stream(stream_media, stream_fields);
  plan_.to->stream(own(std::move(text)));
}

void upstream_reply::sign(time_point now) {
  if (now >= sign_due_ && !done_ && heard() && plan_.streams)
    stream(std::string{mcp::keep_alive});
}

void upstream_reply::conclude(const mcp::upstream_answer::step& how) {
  if (how.error != 0)
    desk_.counts().unserved(plan_.by.method, plan_.by.spoken);
  else
    desk_.counts().message(plan_.by.method, plan_.by.spoken, nullptr);
  if (!plan_.tool.empty())
    desk_.counts().call(plan_.tool, how.error != 0    ? "refused"
                                    : how.tool_failed ? "failed"
                                                      : "ok");
  finish(how.text, how.status);
}

void upstream_reply::tell_fault(const fault& what) {
  desk_.counts().unserved(plan_.by.method, plan_.by.spoken);
  if (!plan_.tool.empty())
    desk_.counts().call(plan_.tool, "error");
  plan_.to->through().count_error(what.code);
  protocol::addressee who{
    plan_.to->request().trace.trace_id, {}, protocol::envelope::json_rpc};
  who.rpc_id = plan_.by.id;
  finish(protocol::error_body(what, who), 200);
}

void upstream_reply::finish(std::string_view message, unsigned status) {
  close();
  if (!heard())
    return;
  if (streaming_) {
    plan_.to->stream(own(event_of(message)));
    plan_.to->end_stream();
  } else {
    plan_.to->answer(status, json_media, own(std::string{message}));
  }
}

void upstream_reply::cancel() {
  if (done_)
    return;
  close();
  desk_.counts().unserved(plan_.by.method, plan_.by.spoken);
  if (!plan_.tool.empty())
    desk_.counts().call(plan_.tool, "cancelled");
  if (!plan_.in || !heard())
    return;
  // Who has cancelled a request is sent no answer to it.
  if (streaming_)
    plan_.to->end_stream();
  else
    plan_.to->answer(202, {}, {});
}

void upstream_reply::close() {
  done_ = true;
  desk_.over(id_);
  if (!plan_.in)
    return;
  desk_.calls().ended(plan_.in->key, plan_.by.id);
  for (auto& one : questions_)
    desk_.calls().answered(plan_.in->key, one);
}

} // namespace caisson
