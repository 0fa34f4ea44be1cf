#include "server/mcp/late_answer.hpp"

#include <utility>

#include "protocol/mcp/event_stream.hpp"
#include "server/io/io_thread.hpp"
#include "server/mcp/asker.hpp"

namespace caisson {

namespace mcp = protocol::mcp;

late_answer::late_answer(std::shared_ptr<requester> to, manner how,
                         millis keep_alive)
  : to_(std::move(to)), id_(to_->request().id),
    sign_due_(io_thread::now() + keep_alive), how_(std::move(how)) {
  // nop
}

/// The connection that it was asked on waits for it.
bool late_answer::there() const noexcept {
  return to_->waits_for(id_);
}

void late_answer::say(std::string_view message, millis keep_alive) {
  if (!how_.streams || !heard())
    return;
  sign_due_ = io_thread::now() + keep_alive;
  if (!streaming_)
    begin();
  tell(message, false);
}

void late_answer::sign(time_point now, millis keep_alive) {
  if (now < sign_due_ || !how_.streams || !there())
    return;
  sign_due_ = io_thread::now() + keep_alive;
  if (streaming_ || !begin())
    to_->stream(own(std::string{mcp::keep_alive}));
}

/// True: the client has been told something by that.
bool late_answer::begin() {
  streaming_ = true;
  to_->begin_stream(stream_media, stream_fields);
  if (!how_.shelf || !how_.in)
    return false;
  kept_ = how_.shelf->begin(how_.in->key, io_thread::now());
  if (!mcp::primes_streams(how_.in->spoken))
    return false;
  std::string first;
  mcp::append_priming(first, {*kept_, 0}, come_again_after);
  to_->stream(own(std::move(first)));
  return true;
}

void late_answer::tell(std::string_view message, bool last) {
  auto event = kept_ ? how_.shelf->add(how_.in->key, *kept_, message, last,
                                       io_thread::now())
                     : event_of(message);
  if (!there())
    return;
  // Each message goes out on one stream: who has taken it up has it there.
  auto elsewhere = kept_ && how_.shelf->taken_up(how_.in->key, *kept_);
  if (!elsewhere)
    to_->stream(own(std::move(event)));
  if ((elsewhere || last) && there())
    to_->end_stream();
}

void late_answer::finish(std::string message, unsigned status,
                         std::string_view fields) {
  if (!heard())
    return;
  if (streaming_)
    tell(message, true);
  else
    to_->answer(status, json_media, own(std::move(message)), fields);
}

void late_answer::withdraw() {
  if (kept_)
    how_.shelf->drop(how_.in->key, *kept_);
  if (!there())
    return;
  if (streaming_)
    to_->end_stream();
  else
    to_->answer(202, {}, {});
}

} // namespace caisson
