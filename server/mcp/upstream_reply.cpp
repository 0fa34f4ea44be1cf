#include "server/mcp/upstream_reply.hpp"

#include <boost/asio/post.hpp>

#include "actors/dependency/compartment.hpp"
#include "protocol/faults.hpp"
#include "protocol/json/strict.hpp"
#include "protocol/mcp/event_stream.hpp"
#include "protocol/mcp/reply.hpp"
#include "protocol/mcp/upstream_reader.hpp"
#include "server/http/door.hpp"
#include "server/mcp/asker.hpp"
#include "server/mcp/desk.hpp"

namespace caisson {

namespace mcp = protocol::mcp;

namespace {

/// A server that asks more often than this asks without an end.
constexpr unsigned most_rounds = 16;

fault no_sense(const char* what) {
  return make_fault(errc::mcp_error, failure_kind::decode, what);
}

} // namespace

upstream_reply::upstream_reply(mcp_desk& desk, plan what)
  : desk_(desk), plan_(std::move(what)), words_(plan_.by, plan_.rules),
    events_(mcp::largest_message), end_(plan_.to, plan_.how, desk.keep_alive()),
    trace_(plan_.to->request().trace.trace_id) {
  // nop
}

upstream_reply::~upstream_reply() {
  if (done_)
    return;
  // Sockets are touched on their own thread only, whoever lost the request.
  auto say = [&desk = desk_, plan = plan_, end = end_, guest = guest_,
              held = held_, trace = trace_]() mutable {
    auto again = std::make_shared<upstream_reply>(desk, std::move(plan));
    again->end_ = std::move(end);
    again->guest_ = std::move(guest);
    again->held_ = held;
    again->trace_ = std::move(trace);
    if (again->guest_ || again->end_.heard())
      again->tell_fault(make_fault(errc::unexpected, "the request was lost"));
    else
      again->close();
  };
  boost::asio::post(plan_.to->home().context(), std::move(say));
}

bool upstream_reply::waits() const noexcept {
  return !done_ && (plan_.in || held_ || end_.heard());
}

void upstream_reply::answer(bytes body, const provenance&) {
  if (done_)
    return;
  hear(body.data);
  if (!settled())
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
  if (!settled())
    tell_fault(make_fault(errc::mcp_error, failure_kind::eof,
                          "the server ended before it answered"));
}

void upstream_reply::fail(const fault& what, const provenance&) {
  if (!settled())
    tell_fault(what);
}

void upstream_reply::hear(std::string_view message) {
  using kind = mcp::upstream_answer::kind;
  auto text = protocol::json::padded(message);
  auto shown = desk_.next_question();
  auto step = words_.take(text, shown);
  switch (step.what) {
    case kind::nothing:
      return;
    case kind::notification:
      return say(step.text);
    case kind::question:
      if (plan_.by.spoken == mcp::era::modern)
        return want(std::move(step));
      expect(std::move(shown), std::move(step.id));
      return end_.say(step.text, desk_.keep_alive());
    case kind::answered:
      return desk_.send(plan_.where, plan_.by.client, std::move(step.text));
    case kind::input:
      return ask_all(std::move(step.wanted));
    case kind::response:
      if (!away_)
        return conclude(step);
      late_ = message;
  }
}

/// The client will be asked under that id; the server waits under the other.
void upstream_reply::expect(std::string question, std::string id) {
  desk_.calls().ask(plan_.in->key, question,
                    {plan_.to->home().number(), plan_.where, plan_.in->client,
                     std::move(id), end_.id()});
  questions_.push_back(std::move(question));
}

void upstream_reply::ask_all(mcp::wanted_input wanted) {
  if (++rounds_ > most_rounds)
    return tell_fault(no_sense("the server asks without an end"));
  if (!plan_.how.streams || !end_.heard())
    return tell_fault(no_sense("the server asks who cannot be asked"));
  told_all_ = false;
  round_.emplace(std::move(wanted.state));
  desk_.keep(shared_from_this());
  for (auto& one : wanted.requests) {
    auto shown = desk_.next_question();
    round_->asked(shown, one.key);
    end_.say(mcp::write_request(shown, one.method, one.params),
             desk_.keep_alive());
    expect(std::move(shown), {});
  }
}

/// True: the server has said what it has to say until its client has answered.
bool upstream_reply::pauses() {
  if (!round_)
    return false;
  told_all_ = true;
  go_on();
  return true;
}

void upstream_reply::answered(const std::string& question,
                              std::string response) {
  if (done_ || !round_)
    return;
  response.reserve(response.size() + protocol::json::padding);
  auto read = mcp::read_body(response);
  if (!read || read->batch)
    return;
  auto& one = read->messages.front();
  // Who refuses to answer has no answer.
  if (!one.error.empty())
    return hear(response);
  round_->answered(question, one.result);
  go_on();
}

void upstream_reply::expire() {
  // Where it is the server that is late the actors say so.
  if (done_ || !(away_ || round_))
    return;
  away_ = false;
  tell_fault(make_fault(errc::mcp_timeout, failure_kind::none,
                        "the client did not answer in time"));
}

void upstream_reply::go_on() {
  if (!told_all_ || !round_->whole())
    return;
  auto members = std::exchange(round_, std::nullopt)->members();
  desk_.put_again(shared_from_this(), members);
}

void upstream_reply::sign(time_point now) {
  if (!done_ && !guest_)
    end_.sign(now, desk_.keep_alive());
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
  if (how.bounded)
    desk_.counts().large(plan_.where->targets.front().where->name(),
                         *how.bounded);
  finish(how.text, how.status);
}

void upstream_reply::tell_fault(const fault& what) {
  if (away_) {
    late_fault_ = what;
    return;
  }
  desk_.counts().unserved(plan_.by.method, plan_.by.spoken);
  if (!plan_.tool.empty())
    desk_.counts().call(plan_.tool, "error");
  plan_.to->through().count_error(what.code);
  protocol::addressee who{trace_, {}, protocol::envelope::json_rpc};
  who.rpc_id = plan_.by.id;
  finish(protocol::error_body(what, who), 200);
}

void upstream_reply::finish(std::string message, unsigned status) {
  close();
  give(std::move(message), status);
}

void upstream_reply::cancel() {
  if (done_)
    return;
  close();
  desk_.counts().unserved(plan_.by.method, plan_.by.spoken);
  if (!plan_.tool.empty())
    desk_.counts().call(plan_.tool, "cancelled");
  if (plan_.in)
    end_.withdraw();
}

void upstream_reply::close() {
  done_ = true;
  desk_.over(end_.id());
  if (held_)
    desk_.held().release(*held_);
  if (!plan_.in)
    return;
  desk_.calls().ended(plan_.in->key, plan_.by.id);
  for (auto& one : questions_)
    desk_.calls().answered(plan_.in->key, one);
}

} // namespace caisson
