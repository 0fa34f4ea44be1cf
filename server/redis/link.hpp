#pragma once

#include <chrono>
#include <deque>
#include <functional>
#include <memory>
#include <string>

#include <boost/asio/basic_waitable_timer.hpp>

#include "server/redis/asker.hpp"
#include "server/redis/reply_parser.hpp"
#include "server/upstream/connection.hpp"

namespace caisson::redis {

/// What one connection may cost.
struct link_bounds {
  reply_bounds reply;
  /// Bytes that the peer has not taken.
  std::size_t unsent = 16 * 1024 * 1024;
  /// Replies it owes, wanted or not.
  std::size_t owed = 65'536;
  /// With replies owed, a connection on which nothing comes for so long is
  /// dead: a stopped server must not collect memory.
  std::chrono::milliseconds silence{1'000};
};

/// One open connection to a server: questions go out as they come, replies come
/// back in their order, many under way at a time. Questions of one turn of the
/// I/O thread leave in one write.
///
/// When it breaks, everyone who waits hears why, and then `on_broken`. After a
/// reply that makes no sense nothing on it can be believed: it is closed.
class link final : public std::enable_shared_from_this<link>,
                   private upstream::connection_user {
public:
  link(std::shared_ptr<upstream::connection> with, link_bounds within);
  ~link();
  link(const link&) = delete;
  link& operator=(const link&) = delete;

  /// Begins to read; to be called once, when it is shared.
  void open();

  /// Sends a question; false, with nothing done, when it is closed or full.
  bool ask(asker_ptr who);

  /// Sends what has no reply of its own (on a connection that is pushed to).
  void say(std::string_view wire);

  /// Takes no more questions, and closes when no reply is owed any more.
  void retire();

  /// Closes; whoever waits hears `why`, `on_broken` does not.
  void close(const fault& why);

  /// May be asked, as far as is known.
  bool open_for_questions() const noexcept { return !closed_ && !retired_; }

  /// Replies that were heard.
  std::uint64_t replies() const noexcept { return replies_; }

  /// It broke by itself. The last call.
  std::function<void(const fault&)> on_broken;
  /// What comes while no reply is owed; unset: such words are nonsense.
  std::function<void(kv_value)> on_push;

private:
  using timer = boost::asio::basic_waitable_timer<
    std::chrono::steady_clock,
    boost::asio::wait_traits<std::chrono::steady_clock>,
    upstream::connection::executor>;

  void on_bytes() override;
  void break_off(const fault& why);
  void on_end(upstream::error_code why) override;
  void on_sent() override { flush(); }
  void take(kv_value reply);
  void flush_soon();
  void flush();
  void watch();
  void on_watch();
  void fail_all(const fault& why);

  std::shared_ptr<upstream::connection> connection_;
  link_bounds within_;
  reply_parser parser_;
  timer timer_;
  /// One for each reply to come; an empty one's is dropped.
  std::deque<asker_ptr> owed_;
  std::string unsent_;
  time_point heard_{};
  std::uint64_t replies_ = 0;
  bool flushing_ = false;
  bool watching_ = false;
  bool retired_ = false;
  bool closed_ = false;
};

} // namespace caisson::redis
