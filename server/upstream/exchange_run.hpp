#pragma once

#include <memory>
#include <string>

#include "server/upstream/connection.hpp"
#include "server/upstream/dial.hpp"
#include "server/upstream/exchange.hpp"
#include "server/upstream/lease.hpp"
#include "server/upstream/reply_parser.hpp"

namespace caisson::upstream {

/// One attempt from the first byte sent to the last byte read.
///
///             idle connection                    ┌──► whole ─────┐ 200
///   waiting ──────────────────────────► head ────┼──► stream ────┼──► over
///      │           ┌──── stale, once ───┘ ▲      └──► complaint ─┘
///      │           ▼                      │                 not 200
///      └───────► dialing ─────────────────┘
///
/// Every state ends in `over` when something fails or the caller cancels.
/// Stale: a connection that was used before ends before a byte of the reply;
/// the peer had closed it while it was idle, so the request goes once more,
/// over a new one (reference/reliability.md section 3, row 8).
class exchange_run final : public connection_user,
                           public std::enable_shared_from_this<exchange_run> {
public:
  exchange_run(std::shared_ptr<site> where, order what,
               std::unique_ptr<exchange_listener> listener);

  void start();

  /// A byte of the reply has come.
  bool heard() const noexcept { return heard_; }

  /// Too much of a stream is handed out: reading waits for its return.
  bool paused() const noexcept { return paused_; }

  /// The listener hears nothing more, and upstream hears that we are gone.
  void cancel();

  void on_bytes() override;
  void on_end(error_code why) override;

private:
  enum class phase { waiting, dialing, head, whole, stream, complaint, over };

  void say_rest();
  void dial_new();
  void use(std::shared_ptr<connection> one);
  bool may_try_again() const noexcept;

  void read_head();
  void read_whole();
  void read_stream();
  void read_complaint();
  void enter_reply();
  void enter_body();
  std::size_t whole_limit() const noexcept;
  /// Decodes what is unread into `text_`, at most `limit` bytes of it.
  void collect(std::size_t limit);

  void end_whole(std::string_view body, bool lies_in_connection);
  void end_complaint();
  /// Feeds the reader all that is unread. False: `broken_` says why.
  bool feed_stream();
  bool take_step(result<protocol::stream_step> step);
  /// Hands out what is held. False: the exchange is over.
  bool hand_out();
  void end_stream();
  void leave_tail();
  /// The connection ended first; the reader knows whether it may.
  void end_broken_stream(bool complete);
  void resume();

  /// Lets go of the connection; null unless it may be used again.
  std::shared_ptr<pool> part_with(std::shared_ptr<connection>& one);
  void let_go();

  /// Calls the listener; false when that was the end of the exchange.
  template <class Fun>
  bool tell(Fun&& fun);
  void finish(bytes whole, token_usage usage);
  void fail(fault what);
  void fail(failure_kind kind, const char* detail);
  void fail_wrong();

  std::shared_ptr<site> site_;
  order order_;
  std::unique_ptr<exchange_listener> listener_;
  std::shared_ptr<connection> connection_;
  std::shared_ptr<dial> dial_;
  std::shared_ptr<credit> credit_;
  reply_parser parser_;
  phase phase_ = phase::waiting;
  /// A body that had to be decoded, or the part of a stream not handed out.
  std::shared_ptr<std::string> text_;
  std::string held_;
  std::optional<fault> broken_;
  std::uint64_t seen_ = 0; ///< bytes of a stream so far
  bool heard_ = false;
  bool retried_ = false;
  bool token_ = false; ///< the stream may be shown to the client
  bool shown_ = false; ///< it has been
  bool done_ = false;  ///< the reader has seen its end
  bool paused_ = false;
  bool telling_ = false;
};

} // namespace caisson::upstream
