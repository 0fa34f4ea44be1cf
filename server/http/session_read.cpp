#include "server/http/session.hpp"

#include <algorithm>
#include <cstring>

namespace caisson {
namespace {

using boost::system::error_code;

// Most requests fit; a head that does not grows the buffer up to the limit.
constexpr std::size_t first_capacity = 4 * 1024;
// How long after a client's FIN it is asked whether it still listens.
constexpr millis probe_after{20};

} // namespace

void session::make_room() {
  if (!buffer_) {
    buffer_ = std::make_unique<char[]>(first_capacity);
    capacity_ = first_capacity;
  }
  if (begin_ == end_)
    begin_ = end_ = 0;
  if (end_ < capacity_)
    return;
  if (begin_ > 0) {
    std::memmove(buffer_.get(), buffer_.get() + begin_, end_ - begin_);
    end_ -= begin_;
    begin_ = 0;
    return;
  }
  if (capacity_ > limits_->head.head)
    return;
  auto larger = std::make_unique<char[]>(capacity_ * 2);
  std::memcpy(larger.get(), buffer_.get(), end_);
  buffer_ = std::move(larger);
  capacity_ *= 2;
}

void session::read() {
  if (reading_ || end_of_input_ || state_ == state::closed)
    return;
  make_room();
  if (end_ == capacity_)
    return; // pipelined more than we keep: it waits in the kernel
  reading_ = true;
  client_.read(boost::asio::buffer(buffer_.get() + end_, capacity_ - end_),
               [self = shared_from_this()](error_code ec, std::size_t n) {
                 self->on_read(ec, n, false);
               });
}

void session::read_body_directly() {
  if (reading_)
    return;
  reading_ = true;
  client_.read(boost::asio::buffer(body_.data() + body_filled_,
                                   body_.size() - body_filled_),
               [self = shared_from_this()](error_code ec, std::size_t n) {
                 self->on_read(ec, n, true);
               });
}

void session::on_read(error_code ec, std::size_t n, bool into_body) {
  reading_ = false;
  if (state_ == state::closed)
    return;
  if (ec == boost::asio::error::eof) {
    on_end_of_input();
    return;
  }
  if (ec) {
    gone();
    return;
  }
  if (into_body)
    body_filled_ += n;
  else if (state_ != state::lingering)
    end_ += n;
  process();
  if (state_ == state::body && !chunked_)
    read_body_directly();
  else
    read();
}

/// A FIN is either a client that has left or one that only has nothing more to
/// say. While an answer is due it is the latter until a probe says otherwise.
void session::on_end_of_input() {
  end_of_input_ = true;
  if (state_ != state::handling) {
    close();
    return;
  }
  request_.keep_alive = false;
  client_.await_reset([self = shared_from_this()](error_code ec) {
    if (!ec && self->state_ != state::closed)
      self->gone();
  });
  if (request_.minor == 0)
    return;
  probe_
    = std::make_unique<boost::asio::steady_timer>(home_.context(), probe_after);
  probe_->async_wait([self = shared_from_this()](error_code ec) {
    if (!ec)
      self->probe_client();
  });
}

/// Sends what any client must ignore: whoever has closed its socket answers
/// with a reset, whoever has only half-closed it reads on.
void session::probe_client() {
  if (state_ != state::handling || complete_ || writing_)
    return;
  if (streaming_)
    stream(bytes{":\n\n", nullptr});
  else
    enqueue("HTTP/1.1 102 Processing\r\n\r\n");
  flush();
}

void session::process() {
  if (processing_)
    return;
  processing_ = true;
  for (auto go_on = true; go_on;) {
    auto before = state_;
    auto unread = end_ - begin_;
    if (left_over_ > 0 && state_ == state::idle)
      drop_left_over();
    else if (state_ == state::idle || state_ == state::head)
      process_head();
    else if (state_ == state::body)
      process_body();
    go_on = state_ != state::closed
            && (state_ != before || end_ - begin_ != unread);
  }
  processing_ = false;
}

/// Of a body whose answer is out.
void session::drop_left_over() {
  auto some = std::min(left_over_, end_ - begin_);
  begin_ += some;
  left_over_ -= some;
  if (left_over_ == 0)
    deadline_ = io_thread::now() + limits_->idle_timeout;
}

void session::process_body() {
  if (chunked_) {
    process_chunks();
    return;
  }
  auto take = std::min(body_.size() - body_filled_, end_ - begin_);
  std::memcpy(body_.data() + body_filled_, buffer_.get() + begin_, take);
  body_filled_ += take;
  begin_ += take;
  if (body_filled_ == body_.size())
    handle();
}

void session::process_chunks() {
  while (begin_ < end_ && !chunks_.done() && !chunks_.refused()) {
    auto step = chunks_.next(buffered());
    body_ += step.data;
    begin_ += step.consumed;
    if (body_.size() > limits_->head.body) {
      request_.keep_alive = false;
      state_ = state::handling;
      refuse(make_fault(errc::validation_body_too_large,
                        "the body is larger than this node takes"));
      return;
    }
  }
  if (auto why = chunks_.refused()) {
    request_.keep_alive = false;
    state_ = state::handling;
    refuse(make_fault(why->code, std::string{why->reason}), {}, why->status);
  } else if (chunks_.done()) {
    handle();
  }
}

gatekeeper* session::keeper() const noexcept {
  return door_->keepers.empty() ? nullptr : door_->keepers[home_.number()];
}

void session::handle() {
  state_ = state::handling;
  deadline_ = time_point::max();
  if (request_.limited)
    keeper()->ask(*this);
  else
    proceed();
}

void session::proceed() {
  if (auto why = std::exchange(request_.refusal, std::nullopt)) {
    refuse(*why, request_.refusal_fields);
    return;
  }
  incoming request{std::move(body_), std::move(request_.tail),
                   std::move(request_.kept), std::move(request_.head),
                   std::move(request_.query)};
  request_.where->handle(*this, request);
}

} // namespace caisson
