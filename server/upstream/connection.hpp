#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <boost/asio/basic_stream_socket.hpp>
#include <boost/asio/buffer.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/asio/ssl/stream.hpp>

#include "actors/call.hpp"
#include "server/upstream/origin.hpp"

namespace caisson::upstream {

using boost::system::error_code;
class pool;

/// Who uses a connection at the moment; nobody does while it is idle. Both may
/// destroy the user, and neither is called from inside a call to the
/// connection.
class connection_user {
public:
  /// There are more bytes in `unread()`; asks for the next by `read()`.
  virtual void on_bytes() = 0;

  /// The peer has ended, or the connection broke. It is closed already.
  virtual void on_end(error_code why) = 0;

  /// What could not be written at once has been written.
  virtual void on_sent() {}

protected:
  ~connection_user() = default;
};

/// One connection to an origin, plain or TLS, on one I/O thread.
///
/// At most one read is outstanding, also while the connection is idle: that is
/// how a dead one is noticed for free. A plain socket is written to at once and
/// only what does not fit is written in the background (reference/proxy.md
/// section 4). Nothing here has a timer; whoever uses it has a deadline.
class connection : public std::enable_shared_from_this<connection> {
public:
  using executor = boost::asio::io_context::executor_type;
  using socket
    = boost::asio::basic_stream_socket<boost::asio::ip::tcp, executor>;
  using handler = std::function<void(error_code)>;

  static constexpr std::size_t reserved = 64 * 1024;
  static constexpr std::size_t least_read = 16 * 1024;
  /// Readable bytes behind every buffer, for parsers that read in strides.
  static constexpr std::size_t padding = 64;

  /// Without a `tls` context it speaks in the clear.
  connection(boost::asio::io_context& io,
             std::shared_ptr<boost::asio::ssl::context> tls);

  connection(const connection&) = delete;
  connection& operator=(const connection&) = delete;

  /// Connects the socket; once only.
  void connect(const boost::asio::ip::tcp::endpoint& where, handler then);

  /// The TLS handshake: SNI, chain and name are always checked. Calls back at
  /// once when there is no TLS.
  void shake_hands(const origin& who, handler then);

  void attach(connection_user* user) noexcept { user_ = user; }

  /// Sends a head, composed into `head()`, and the pieces of a body, which
  /// `owner` keeps alive. Failures are not told here: the read will fail too,
  /// after it brought what the peer said before it closed.
  void send(const std::vector<std::string_view>& body,
            std::shared_ptr<const void> owner);
  std::string& head() noexcept { return head_; }

  /// All of the last message has been handed to the system.
  bool sent() const noexcept { return pieces_.empty() && !write_failed_; }

  std::string_view unread() const noexcept {
    return {data_.get() + begin_, end_ - begin_};
  }
  /// Only while no read is outstanding, as in `on_bytes`.
  void consume(std::size_t size) noexcept;
  /// Makes room for `size` unread bytes in one piece; likewise.
  void reserve(std::size_t size);
  /// Asks for more bytes, `at_most` that many, unless it has been done.
  void read(std::size_t at_most = SIZE_MAX);

  /// Closes at once; the user hears nothing more.
  void close() noexcept;
  bool closed() const noexcept { return closed_; }

  /// Nothing has arrived that was not read.
  bool quiet() const noexcept;

  /// Becomes idle: gives up a buffer that has grown and listens for the end.
  void park(std::weak_ptr<pool> where);

  /// How many replies it has brought to their end.
  unsigned replies = 0;
  /// Kept by the pool: the moment at which it is too old to be used again.
  time_point stale_at{};
  /// What the peer's Keep-Alive field promised, if it spoke of it.
  std::optional<std::chrono::seconds> promised_idle;
  executor get_executor() noexcept { return socket_.get_executor(); }

private:
  void on_read(error_code ec, std::size_t size);
  void write_rest();
  void on_written(error_code ec);

  socket socket_;
  std::shared_ptr<boost::asio::ssl::context> context_;
  std::optional<boost::asio::ssl::stream<socket&>> tls_;
  connection_user* user_ = nullptr;
  std::weak_ptr<pool> pool_;
  std::unique_ptr<char[]> data_;
  std::size_t capacity_ = reserved;
  std::size_t begin_ = 0;
  std::size_t end_ = 0;
  std::string head_;
  std::vector<boost::asio::const_buffer> pieces_;
  std::shared_ptr<const void> owner_;
  bool reading_ = false;
  bool write_failed_ = false;
  bool closed_ = false;
};

} // namespace caisson::upstream
