#include "server/mcp/late_answer.hpp"

#include <utility>

#include "protocol/mcp/event_stream.hpp"
#include "server/io/io_thread.hpp"
#include "server/mcp/asker.hpp"

namespace caisson {

late_answer::late_answer(std::shared_ptr<requester> to, bool streams,
                         millis keep_alive)
  : to_(std::move(to)), id_(to_->request().id),
    sign_due_(io_thread::now() + keep_alive), streams_(streams) {
  // nop
}

bool late_answer::heard() const noexcept {
  return to_->waits_for(id_);
}

void late_answer::say(std::string_view message, millis keep_alive) {
  if (heard() && streams_)
    stream(event_of(message), keep_alive);
}

void late_answer::sign(time_point now, millis keep_alive) {
  if (now >= sign_due_ && heard() && streams_)
    stream(std::string{protocol::mcp::keep_alive}, keep_alive);
}

void late_answer::stream(std::string text, millis keep_alive) {
  sign_due_ = io_thread::now() + keep_alive;
  if (!std::exchange(streaming_, true))
    to_->begin_stream(stream_media, stream_fields);
  to_->stream(own(std::move(text)));
}

void late_answer::finish(std::string message, unsigned status,
                         std::string_view fields) {
  if (!heard())
    return;
  if (streaming_) {
    to_->stream(own(event_of(message)));
    to_->end_stream();
  } else {
    to_->answer(status, json_media, own(std::move(message)), fields);
  }
}

void late_answer::withdraw() {
  if (!heard())
    return;
  if (streaming_)
    to_->end_stream();
  else
    to_->answer(202, {}, {});
}

} // namespace caisson
