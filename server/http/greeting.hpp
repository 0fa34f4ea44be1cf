#pragma once

#include <memory>

#include "server/http/client_socket.hpp"
#include "server/http/door.hpp"
#include "server/io/io_thread.hpp"

namespace caisson {

/// A connection before its first request, where clients must speak TLS.
///
///   shaking hands ──► a session
///        │  ├── HTTP in the clear ──► a session that answers 400
///        │  └── connections enough ──► a session that answers 503
///        └── no TLS, gone, header_timeout, drain ──► closed
///
/// Held by what it waits for. Counts in the door's connections from its start.
class greeting final : public swept,
                       public std::enable_shared_from_this<greeting> {
public:
  /// Takes over a connection that is already counted in the door's; `full`: of
  /// which there are enough, it is to be turned away.
  greeting(io_thread& home, std::shared_ptr<door> through,
           client_socket::socket_type socket, bool full);
  ~greeting() override;

  /// On the I/O thread.
  void start();

  void sweep(time_point now) override;

private:
  void go_on();
  void await(tls_step what);
  void serve();
  void fail(handshake_failure why);
  void give_up();

  io_thread& home_;
  std::shared_ptr<door> door_;
  client_socket::socket_type socket_;
  std::unique_ptr<tls_channel> channel_;
  time_point deadline_ = time_point::max();
  bool full_;
  bool over_ = false; ///< a session has it, or it is closed
};

} // namespace caisson
