#pragma once

#include <memory>
#include <string>
#include <vector>

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>

#include "actors/telemetry/metrics.hpp"
#include "server/http/client_socket.hpp"
#include "server/http/door.hpp"
#include "server/io/io_thread.hpp"

namespace caisson {

/// Accepts connections on one address and spreads them over I/O threads. Over
/// `max_connections` it answers 503 rather than not at all; out of file
/// descriptors it waits and goes on.
class listener : public std::enable_shared_from_this<listener> {
public:
  listener(std::vector<io_thread*> threads, std::shared_ptr<door> through,
           metrics::counter shed);

  /// Opens the address; what is wrong, if anything.
  boost::system::error_code open(const std::string& address,
                                 std::uint16_t port);

  /// Begins to accept.
  void start();

  /// Stops accepting; connections go on. Thread-safe.
  void stop();

  /// `address:port` as it was really opened.
  std::string where() const;

private:
  void accept();
  boost::system::error_code accept_waiting();
  io_thread& next_home() noexcept;
  void admit(io_thread& home, client_socket::socket_type socket);
  void rest();

  std::vector<io_thread*> threads_;
  std::shared_ptr<door> door_;
  metrics::counter shed_;
  boost::asio::basic_socket_acceptor<boost::asio::ip::tcp,
                                     boost::asio::io_context::executor_type>
    acceptor_;
  boost::asio::steady_timer timer_;
  std::size_t next_ = 0;
};

} // namespace caisson
