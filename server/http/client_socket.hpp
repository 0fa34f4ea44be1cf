#pragma once

#include <functional>
#include <memory>
#include <span>
#include <utility>

#include <boost/asio/basic_stream_socket.hpp>
#include <boost/asio/buffer.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>

#include "server/http/tls_channel.hpp"

namespace caisson {

/// A client's end of the wire, in the clear or with TLS. In the clear it is the
/// socket and one branch. With TLS:
///
/// - eof is close_notify: the client says nothing more, and may still listen,
///   as after a FIN in the clear. A FIN without one is an error: the client has
///   gone, or somebody cut its words short.
/// - a write that would block must be repeated with the same bytes in front.
///
/// Handlers are called as Asio's: `void(error_code, std::size_t)` of a read,
/// never from within the call; they keep alive what this is a part of.
class client_socket {
public:
  using error_code = boost::system::error_code;
  using socket_type
    = boost::asio::basic_stream_socket<boost::asio::ip::tcp,
                                       boost::asio::io_context::executor_type>;

  /// With a `channel`, on which hands have been shaken, it speaks TLS.
  explicit client_socket(socket_type socket,
                         std::unique_ptr<tls_channel> channel = nullptr)
    : socket_(std::move(socket)), channel_(std::move(channel)) {}

  /// Sets what every client's socket has, and tells whose it is.
  static boost::asio::ip::address prepare(socket_type& socket);
  boost::asio::ip::address prepare() { return prepare(socket_); }

  /// One read at a time.
  template <class Handler>
  void read(boost::asio::mutable_buffer into, Handler then) {
    if (channel_)
      read_secure(into, std::move(then));
    else
      socket_.async_read_some(into, std::move(then));
  }

  /// What is taken at once; `would_block` if nothing is.
  std::size_t write_some(std::span<const boost::asio::const_buffer> pieces,
                         error_code& ec) {
    if (channel_)
      return write_secure(pieces, ec);
    return socket_.write_some(pieces, ec);
  }

  /// Calls `then` when more could be written.
  template <class Handler>
  void await_room(Handler then) {
    socket_.async_wait(socket_type::wait_write, std::move(then));
  }

  /// Calls `then` when the connection is reset.
  template <class Handler>
  void await_reset(Handler then) {
    socket_.async_wait(socket_type::wait_error, std::move(then));
  }

  /// Nothing more will be written: close_notify and FIN. `would_block`: again
  /// when there is room. What still comes is read raw from then on.
  void end(error_code& ec);

  /// Closes at once. Where nothing is due, TLS takes its leave.
  void close(bool nothing_due) noexcept;

private:
  using reader = std::function<void(error_code, std::size_t)>;

  void read_secure(boost::asio::mutable_buffer into, reader then);
  void await(tls_step what, boost::asio::mutable_buffer into, reader then);
  std::size_t write_secure(std::span<const boost::asio::const_buffer> pieces,
                           error_code& ec);

  socket_type socket_;
  std::unique_ptr<tls_channel> channel_;
};

} // namespace caisson
