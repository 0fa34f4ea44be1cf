#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "protocol/mcp/event_stream.hpp"
#include "protocol/mcp/listen.hpp"
#include "protocol/mcp/session_id.hpp"
#include "server/gateway/revoked_keys.hpp"
#include "server/http/requester.hpp"
#include "server/io/io_thread.hpp"
#include "server/mcp/answer_shelf.hpp"
#include "server/mcp/control.hpp"
#include "server/mcp/news_log.hpp"
#include "server/mcp/session_register.hpp"

namespace caisson {

/// The streams of one I/O thread on which MCP clients wait: for what they have
/// asked to hear of, on a GET of a session or by `subscriptions/listen`; or for
/// the rest of an answer whose stream they have lost. Each has a place in the
/// register, which it gives back when its client goes, its session ends, its
/// key is revoked, or the node drains; a silent one shows now and then that it
/// is alive
/// (`mcp.keep_alive`). On that thread, but for `catch_up`, `end` and `replace`.
class mcp_streams final : public swept, public client_watcher {
public:
  struct surroundings {
    session_register& all;
    const mcp_control& control;
    const news_log& news;
    answer_shelf& answers;
    const revoked_keys& revoked;
  };

  mcp_streams(io_thread& home, surroundings around);

  /// The stream of a session, on the connection of its GET. `last`: the news
  /// that its client has heard last; nothing may be known of those behind it,
  /// then it is told that anything may have changed.
  void open(requester& to, const protocol::mcp::session& in, std::uint64_t seat,
            std::optional<protocol::mcp::event_id> last = {});

  /// The rest of an answer, behind that event, on the connection of a GET.
  /// False: it is not known.
  bool open_rest(requester& to, const protocol::mcp::session& in,
                 std::uint64_t seat, protocol::mcp::event_id last);

  /// The stream of a modern request; `id` is its own, JSON.
  void open(requester& to, std::string_view id, std::uint64_t seat,
            protocol::mcp::listen_filter filter);

  /// There are news. On any thread.
  void catch_up();

  /// Ends the streams of a session that has ended. On any thread.
  void end(const session_register::key& of);

  /// The client of a session has come back on another connection, and has that
  /// seat. On any thread.
  void replace(const session_register::key& of, std::uint64_t seat);

  void sweep(time_point now) override;
  void client_gone(std::uint64_t request) override;

private:
  struct stream {
    std::shared_ptr<requester> to;
    std::uint64_t request = 0;
    std::uint64_t seat = 0;
    std::optional<protocol::mcp::session> in; ///< of a session
    std::string id;                           ///< of a modern request
    protocol::mcp::listen_filter filter;
    /// What its client has heard last: a number of news, or where `answer` is,
    /// of an event of that.
    std::uint64_t heard = 0;
    std::uint64_t answer = 0; ///< the rest of which it is; 0: it is of news
    time_point sign_due{};

    bool tells_news() const noexcept { return answer == 0; }
  };
  using stream_ptr = std::shared_ptr<stream>;

  void begin(const stream_ptr& what, std::string_view first);
  void begin_in_session(const stream_ptr& what,
                        std::optional<protocol::mcp::event_id> at);
  void say(stream& to, std::string_view event);
  bool wants(const stream& one, const mcp_news_item& what) const;
  void inform(stream& one, const mcp_news_item& what, bool numbered = true);
  void tell_news(stream& one);
  void tell_missed(stream& one);
  void tell_rest(const stream_ptr& what);
  void wake(std::uint64_t answer);
  bool revoked(const stream& one) const;
  void close(const stream_ptr& what);
  bool drop(const stream_ptr& what);

  io_thread& home_;
  surroundings around_;
  std::vector<stream_ptr> open_;
};

} // namespace caisson
