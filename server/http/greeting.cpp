#include "server/http/greeting.hpp"

#include "server/http/session.hpp"

namespace caisson {

greeting::greeting(io_thread& home, std::shared_ptr<door> through,
                   client_socket::socket_type socket, bool full)
  : home_(home), door_(std::move(through)), socket_(std::move(socket)),
    full_(full) {
  home_.look_after(*this);
}

greeting::~greeting() {
  give_up();
}

void greeting::start() {
  client_socket::prepare(socket_);
  auto limits = door_->limits();
  auto identity = door_->identity();
  // A signature for one that is turned away is a courtesy, which a thread that
  // is behind with those it serves cannot afford.
  auto late = full_ && home_.behind();
  auto spoken
    = late || !identity ? nullptr : identity->speak(socket_.native_handle());
  if (!spoken) {
    give_up();
    return;
  }
  channel_ = std::make_unique<tls_channel>(std::move(spoken));
  deadline_ = io_thread::now() + limits->header_timeout;
  go_on();
}

void greeting::sweep(time_point now) {
  if (now >= deadline_)
    fail(handshake_failure::timeout);
  else if (door_->closing)
    give_up();
}

void greeting::go_on() {
  auto step = channel_->shake_hands();
  if (step == tls_step::done)
    serve();
  else if (step == tls_step::wants_input || step == tls_step::wants_output)
    await(step);
  else
    fail(channel_->why());
}

void greeting::await(tls_step what) {
  auto event = what == tls_step::wants_output
                 ? client_socket::socket_type::wait_write
                 : client_socket::socket_type::wait_read;
  socket_.async_wait(event,
                     [self = shared_from_this()](boost::system::error_code ec) {
                       if (self->over_)
                         return;
                       if (ec)
                         self->fail(handshake_failure::left);
                       else
                         self->go_on();
                     });
}

/// From here on it is a session's, without a channel in the clear.
void greeting::serve() {
  over_ = true;
  home_.forget(*this);
  auto plain = channel_ == nullptr;
  auto guest = std::make_shared<session>(
    home_, door_, client_socket{std::move(socket_), std::move(channel_)});
  if (full_)
    guest->shed();
  else if (plain)
    guest->turn_away(
      http::bad_request("plain HTTP was sent to a port where TLS is spoken"));
  else
    guest->start();
}

void greeting::fail(handshake_failure why) {
  door_->count_failure(why);
  channel_.reset();
  if (why == handshake_failure::plain_http)
    serve();
  else
    give_up();
}

void greeting::give_up() {
  if (std::exchange(over_, true))
    return;
  home_.forget(*this);
  // First the channel: the number of its descriptor may soon be another's.
  channel_.reset();
  boost::system::error_code ignored;
  socket_.close(ignored);
  --door_->connections;
}

} // namespace caisson
