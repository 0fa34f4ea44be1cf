#include "server/http/client_socket.hpp"

#include <array>

#include <boost/asio/post.hpp>

namespace caisson {
namespace {

namespace asio = boost::asio;
using boost::system::error_code;

// The largest record of TLS.
constexpr std::size_t record = 16 * 1024;

bool waits(tls_step step) noexcept {
  return step == tls_step::wants_input || step == tls_step::wants_output;
}

error_code error_of(tls_step step) {
  switch (step) {
    case tls_step::done:
      return {};
    case tls_step::ended:
      return asio::error::eof;
    default:
      return asio::error::connection_reset;
  }
}

tls_step read_from(tls_channel& channel, asio::mutable_buffer into,
                   std::size_t& n) noexcept {
  return channel.read({static_cast<char*>(into.data()), into.size()}, n);
}

} // namespace

asio::ip::address client_socket::prepare(socket_type& socket) {
  error_code ignored;
  socket.set_option(asio::ip::tcp::no_delay{true}, ignored);
  socket.non_blocking(true, ignored);
  return socket.remote_endpoint(ignored).address();
}

/// Tried first, as records may lie in the channel of which the kernel no longer
/// knows.
void client_socket::read_secure(asio::mutable_buffer into, reader then) {
  std::size_t n = 0;
  auto step = read_from(*channel_, into, n);
  if (waits(step)) {
    await(step, into, std::move(then));
    return;
  }
  asio::post(socket_.get_executor(),
             [then = std::move(then), step, n] { then(error_of(step), n); });
}

void client_socket::await(tls_step what, asio::mutable_buffer into,
                          reader then) {
  auto event = what == tls_step::wants_output ? socket_type::wait_write
                                              : socket_type::wait_read;
  socket_.async_wait(
    event, [this, into, then = std::move(then)](error_code ec) mutable {
      if (ec) {
        then(ec, 0);
        return;
      }
      if (!channel_) { // ended meanwhile
        socket_.async_read_some(into, std::move(then));
        return;
      }
      std::size_t n = 0;
      auto step = read_from(*channel_, into, n);
      if (waits(step))
        await(step, into, std::move(then));
      else
        then(error_of(step), n);
    });
}

std::size_t
client_socket::write_secure(std::span<const asio::const_buffer> pieces,
                            error_code& ec) {
  // One record for all of it: many small ones would each cost a tag.
  thread_local std::array<char, record> gathered;
  auto size = asio::buffer_copy(asio::buffer(gathered), pieces);
  std::size_t n = 0;
  if (size == 0) {
    ec = {};
    return 0;
  }
  auto step = channel_->write({gathered.data(), size}, n);
  // Input is never wanted here: nothing is negotiated anew.
  ec = step == tls_step::wants_output ? asio::error::would_block
                                      : error_of(step);
  return n;
}

void client_socket::end(error_code& ec) {
  if (channel_ && channel_->say_goodbye() == tls_step::wants_output) {
    ec = asio::error::would_block;
    return;
  }
  channel_.reset();
  socket_.shutdown(asio::ip::tcp::socket::shutdown_send, ec);
}

void client_socket::close(bool nothing_due) noexcept {
  if (channel_ && nothing_due)
    channel_->say_goodbye();
  // First the channel: the number of its descriptor may soon be another's.
  channel_.reset();
  error_code ignored;
  socket_.close(ignored);
}

} // namespace caisson
