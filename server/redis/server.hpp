#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <string>

#include <boost/asio/basic_waitable_timer.hpp>

#include "actors/policies/backoff.hpp"
#include "server/redis/access.hpp"
#include "server/redis/asker.hpp"
#include "server/upstream/dial.hpp"

namespace caisson::redis {

/// Finds the server to connect to, each time anew; calls back once, perhaps at
/// once, and never after it was destroyed.
class finder {
public:
  using handler = std::function<void(result<upstream::origin>)>;

  virtual ~finder() = default;
  virtual void find(time_point by, handler then) = 0;
};

/// Finds always the same.
class fixed final : public finder {
public:
  explicit fixed(upstream::origin where) : where_{std::move(where)} {}
  void find(time_point, handler then) override { then(where_); }

private:
  upstream::origin where_;
};

/// What a server must be to be talked to.
enum class role : std::uint8_t {
  any,    ///< takes what there is
  master, ///< says of itself that it is one
};

/// One server as seen from one I/O thread: at most one connection, opened when
/// it is first needed and again after it broke.
///
///   idle ──ask──► finding ──► dialling ──► greeting ──► open
///    ▲              │            │            │          │ broke, retired
///    │ the pause    └────────────┴────────────┴──────────┤
///    └─── is over ─────────────── pausing ◄──────────────┘
///
/// While it is being opened questions wait for it. A failure pauses it: until
/// the pause is over questions fail at once, with the last cause, so that a
/// server that is down is not hammered. The pause grows from 50 ms to 2 s with
/// each failure in a row; a connection that has answered breaks without one.
class server final : public std::enable_shared_from_this<server> {
public:
  server(access_ptr with, std::shared_ptr<finder> where,
         role wanted = role::any);
  ~server();
  server(const server&) = delete;
  server& operator=(const server&) = delete;

  /// Puts a question. Whoever asks hears of it, but not before this has
  /// returned. A connection that has to be opened is open by `by`.
  void ask(asker_ptr who, time_point by);

  /// It is not what it was: the next question finds and opens anew. Replies
  /// still owed come.
  void retire(const fault& why);

  /// Where it was found last.
  const upstream::origin& where() const noexcept { return where_; }

  /// Hears of each new connection, before any question goes out on it.
  std::function<void(link&)> on_open;
  /// Hears when there is none any more, or none could be made.
  std::function<void(const fault&)> on_lost;

private:
  enum class phase : std::uint8_t { idle, finding, dialling, greeting, open };
  using timer = boost::asio::basic_waitable_timer<
    std::chrono::steady_clock,
    boost::asio::wait_traits<std::chrono::steady_clock>,
    upstream::connection::executor>;

  void begin(time_point by);
  void dial_up(upstream::origin found, time_point by);
  void greet(std::shared_ptr<upstream::connection> with);
  void expect(std::string wire, bool may_fail, bool last);
  void greeted(result<kv_value> what, bool may_fail, bool last);
  void opened();
  void fail(const fault& why);
  void pause(const fault& why);
  void refuse(const asker_ptr& who, const fault& why);

  access_ptr access_;
  std::shared_ptr<finder> finder_;
  role wanted_;
  timer timer_;
  phase phase_ = phase::idle;
  /// Tells late news of an earlier opening from the current one.
  unsigned opening_ = 0;
  upstream::origin where_;
  std::shared_ptr<upstream::dial> dial_;
  std::shared_ptr<link> link_;
  std::shared_ptr<link> leaving_; ///< retired; it owes replies, perhaps
  std::deque<asker_ptr> waiting_;
  retry_settings pauses_;
  random_source random_;
  std::uint64_t greetings_ = 0; ///< replies before the first question's
  std::uint32_t failures_ = 0;
  millis last_pause_{0};
  time_point not_before_{};
  fault last_;
};

using server_ptr = std::shared_ptr<server>;

} // namespace caisson::redis
