#include "server/mcp/pipe_request.hpp"

#include <utility>

#include "protocol/mcp/upstream_reader.hpp"
#include "server/mcp/pipe_client.hpp"

namespace caisson {

namespace mcp = protocol::mcp;

pipe_request::pipe_request(std::shared_ptr<pipe_client> from, std::string line,
                           const std::optional<mcp::session>& in)
  : from_{std::move(from)}, line_{std::move(line)},
    what_{mcp::admit_line(line_, in)}, events_{mcp::largest_message} {
  context_.id = home().next_id();
  context_.trace = new_trace();
  context_.began = io_thread::now();
  context_.client = protocol::envelope::json_rpc;
  context_.counts_as = endpoint::read;
  context_.who = from_->who();
  context_.caller = context_.who.key.low;
  context_.limited
    = from_->limited() && context_.who.features.has(feature::rate_limiting);
}

const mcp::message* pipe_request::asked() const noexcept {
  const auto* one = what_.single();
  return one && one->kind == mcp::message_kind::request ? one : nullptr;
}

io_thread& pipe_request::home() noexcept {
  return from_->home();
}

door& pipe_request::through() noexcept {
  return from_->through();
}

void pipe_request::proceed() {
  from_->serve(*this);
}

void pipe_request::answer(unsigned, std::string_view, bytes body,
                          std::string_view) {
  if (done_)
    return;
  // What is no request gets no answer, but for what nobody could read.
  const auto* one = what_.single();
  if (!body.data.empty() && (!one || one->kind == mcp::message_kind::request))
    from_->say(body.data);
  close();
}

void pipe_request::refuse(const fault& why, std::string_view, unsigned,
                          const protocol::limit_notice* limit) {
  through().count_error(why.code);
  protocol::addressee who{context_.trace.trace_id, {}, context_.client};
  if (const auto* one = asked())
    who.rpc_id = one->id;
  answer(0, {}, own(protocol::error_body(why, who, limit)));
}

void pipe_request::stream(bytes chunk) {
  events_.feed(chunk.data);
  protocol::sse_event event;
  for (auto got = events_.next(event); got && *got; got = events_.next(event))
    if (!done_ && event.has_data && !event.data.empty())
      from_->say(event.data);
}

void pipe_request::give_up() {
  if (done_)
    return;
  auto self = shared_from_this();
  close();
  if (auto* who = std::exchange(watcher_, nullptr))
    who->client_gone(context_.id);
}

void pipe_request::end(const fault& why) {
  auto self = shared_from_this();
  if (auto* who = std::exchange(watcher_, nullptr))
    who->client_gone(context_.id);
  refuse(why);
}

void pipe_request::close() {
  if (!std::exchange(done_, true))
    from_->closed(*this);
}

} // namespace caisson
