#pragma once

#include <functional>
#include <memory>

#include <boost/asio/basic_waitable_timer.hpp>

#include "server/upstream/connection.hpp"
#include "server/upstream/site.hpp"

namespace caisson::upstream {

/// Opens one new connection: name, addresses one after the other, handshake.
/// Has the only timer of an attempt, since only a new connection needs one.
///
///   naming ──► connecting ──► handshake ──► over
///     │          │   ▲ next      │
///     │          └───┘ address   │
///     └──────────┴───────────────┴──► over (a fault)
///
/// Each address gets an equal share of the time left, so that one which
/// swallows packets does not cost the others their turn.
class dial : public std::enable_shared_from_this<dial> {
public:
  using handler = std::function<void(result<std::shared_ptr<connection>>)>;

  /// Never calls back before it has returned. Without a deadline (`by` is the
  /// epoch) the caller's own is the only one.
  static std::shared_ptr<dial> start(std::shared_ptr<site> where, time_point by,
                                     handler then);

  /// The caller hears nothing more; what is open is closed.
  void cancel();

  dial(std::shared_ptr<site> where, time_point by, handler then);

private:
  enum class phase { naming, connecting, handshake, over };
  using timer = boost::asio::basic_waitable_timer<
    std::chrono::steady_clock,
    boost::asio::wait_traits<std::chrono::steady_clock>, connection::executor>;

  void find_name();
  void use(addresses_ptr found);
  void connect_next();
  void on_connected(error_code ec);
  void on_secured(error_code ec);
  void arm(time_point when);
  void on_timer();
  void fail(errc code, failure_kind kind, const char* detail);
  void end(result<std::shared_ptr<connection>> what);

  std::shared_ptr<site> site_;
  time_point by_;
  handler then_;
  timer timer_;
  phase phase_ = phase::naming;
  addresses_ptr addresses_;
  std::size_t next_ = 0;
  /// Tells a late answer to an earlier address from the current one.
  unsigned try_ = 0;
  std::shared_ptr<connection> connection_;
};

} // namespace caisson::upstream
