#include "server/mcp/tool_ear.hpp"

#include <utility>

#include "protocol/agent/tool_text.hpp"
#include "protocol/json/strict.hpp"
#include "protocol/mcp/params.hpp"
#include "protocol/mcp/upstream_reader.hpp"

namespace caisson {

namespace mcp = protocol::mcp;

namespace {

mcp::upstream_answer::asked agents_call() {
  mcp::upstream_answer::asked by;
  by.id = "1";
  by.method = "tools/call";
  return by;
}

fault no_answer(failure_kind how, std::string_view why) {
  return make_fault(errc::mcp_error, how, std::string{why});
}

/// The words of a response that stands alone.
tool_words words_in(const mcp::upstream_answer::step& how) {
  if (how.error == 0)
    return protocol::words_of(mcp::member_of(how.text, "result"));
  auto error = mcp::member_of(how.text, "error");
  return {mcp::text_of(error, "message").value_or("The tool refused."), true};
}

} // namespace

// -- counting -----------------------------------------------------------------

tool_ear::tool_ear(mcp_counts& counts, std::string tool,
                   std::shared_ptr<responder> to)
  : counts_(counts), tool_(std::move(tool)), to_(std::move(to)) {
  // nop
}

tool_ear::~tool_ear() {
  count("cancelled");
}

void tool_ear::count(std::string_view status) {
  if (!std::exchange(done_, true))
    counts_.call(tool_, status);
}

void tool_ear::answer(bytes body, const provenance& from) {
  auto words = tool_words_in(body);
  count(words && words->failed ? "failed" : "ok");
  to_->answer(std::move(body), from);
}

void tool_ear::fail(const fault& what, const provenance& from) {
  count("error");
  to_->fail(what, from);
}

// -- upstream -----------------------------------------------------------------

upstream_ear::upstream_ear(mcp_counts& counts, const mcp::server_offers& of,
                           std::shared_ptr<responder> to)
  : counts_(counts), service_(of.name), words_(agents_call(), of.rules),
    events_(mcp::largest_message), to_(std::move(to)) {
  // nop
}

void upstream_ear::hear(std::string_view message) {
  auto text = protocol::json::padded(message);
  auto step = words_.take(text, "0");
  if (done_ || step.what != mcp::upstream_answer::kind::response)
    return;
  done_ = true;
  if (step.bounded)
    counts_.large(service_, *step.bounded);
  to_->answer(answer_of(std::make_shared<const tool_words>(words_in(step))),
              {});
}

void upstream_ear::answer(bytes body, const provenance& from) {
  hear(body.data);
  if (!done_)
    fail(no_answer(failure_kind::decode, "what the server says is no answer"),
         from);
}

void upstream_ear::more(bytes chunk) {
  protocol::sse_event event;
  events_.feed(chunk.data);
  for (auto got = events_.next(event); got && *got; got = events_.next(event))
    if (event.has_data)
      hear(event.data);
}

void upstream_ear::end() {
  if (!done_)
    fail(no_answer(failure_kind::eof, "the server ended before it answered"),
         {});
}

void upstream_ear::fail(const fault& what, const provenance& from) {
  if (!std::exchange(done_, true))
    to_->fail(what, from);
}

} // namespace caisson
