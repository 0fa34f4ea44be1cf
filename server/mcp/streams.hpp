#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "protocol/mcp/listen.hpp"
#include "protocol/mcp/session_id.hpp"
#include "server/http/requester.hpp"
#include "server/io/io_thread.hpp"
#include "server/mcp/control.hpp"
#include "server/mcp/session_register.hpp"

namespace caisson {

/// The streams of one I/O thread on which MCP clients wait for what they have
/// asked to hear of: a GET of a session, or a `subscriptions/listen`. Each has
/// a place in the register, which it gives back when its client goes, its
/// session ends, or the node drains; a silent one shows now and then that it is
/// alive (`mcp.keep_alive`). On that thread, but for `tell` and `end`.
class mcp_streams final : public swept, public client_watcher {
public:
  mcp_streams(io_thread& home, session_register& all,
              const mcp_control& control);

  /// The stream of a session, on the connection of its GET.
  void open(requester& to, const protocol::mcp::session& in);

  /// The stream of a modern request; `id` is its own, JSON.
  void open(requester& to, std::string_view id,
            protocol::mcp::listen_filter filter);

  /// Tells all who want to hear of it. On any thread.
  void tell(std::string method, std::string uri);

  /// Ends the stream of a session that has ended. On any thread.
  void end(const session_register::key& of);

  void sweep(time_point now) override;
  void client_gone(std::uint64_t request) override;

private:
  struct stream {
    std::shared_ptr<requester> to;
    std::uint64_t request = 0;
    std::optional<protocol::mcp::session> in; ///< of a session
    std::string id;                           ///< of a modern request
    protocol::mcp::listen_filter filter;
    time_point sign_due{};
  };
  using stream_ptr = std::shared_ptr<stream>;

  void begin(stream_ptr what, std::string_view first);
  void say(stream& to, std::string_view event);
  void inform(stream& one, const std::string& method, const std::string& uri);
  void close(const stream_ptr& what);
  bool drop(const stream_ptr& what);

  io_thread& home_;
  session_register& all_;
  const mcp_control& control_;
  std::vector<stream_ptr> open_;
};

} // namespace caisson
