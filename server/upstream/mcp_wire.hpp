#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include <boost/asio/io_context.hpp>

#include "actors/ports.hpp"
#include "protocol/dialect.hpp"
#include "protocol/http/head.hpp"
#include "protocol/mcp/access.hpp"
#include "protocol/mcp/client_features.hpp"
#include "protocol/mcp/upstream_reader.hpp"

namespace caisson::upstream {

/// What came of a message beside the words of its answer.
class mcp_note final : public protocol::reply_judge {
public:
  /// Of a reply other than 200, as far as it is looked at.
  mutable std::string body;
  unsigned status = 0; ///< 0: no reply
  std::string session_id;
  std::string challenge;         ///< all that its WWW-Authenticate says
  std::function<void()> arrived; ///< the head of the reply is there

  void take(const http::response_head& head);
  /// What came is of no use: the same is said again.
  void forget();
  fault classify(unsigned status, std::string_view retry_after,
                 std::string_view date, std::string_view body) const override;
};

/// A fault of an exchange in the words for a server of MCP.
fault of_server(fault what);

/// What a wire is given words for. All but a message have no body.
enum class mcp_act : std::uint8_t {
  say,
  listen,  ///< to whatever the server says by itself
  take_up, ///< the rest of an answer whose stream was cut, from its place
  end,     ///< of the session: the server may forget it
};

/// A message as it is given to a wire.
struct mcp_words {
  /// For whom; with a payload it is a client's call.
  call_ptr what;
  time_point connect_by{};
  std::string body;
  std::uint64_t id = 0; ///< 0: nothing is answered to it
  /// Of the session that it is said in; empty: it is said in none.
  std::string_view session_id = {};
  std::string_view revision = {}; ///< likewise
  /// What the server is shown; empty: whatever the wire has by itself.
  std::string_view bearer = {};
  protocol::mcp::header_list fields = {};
  std::shared_ptr<mcp_note> note;
  mcp_act act = mcp_act::say;
  /// Where the stream of the answer is, for who may have to take it up.
  std::shared_ptr<protocol::mcp::stream_place> place = {};
  /// The server may not know what it is, and say nothing: where no status tells
  /// of that it is given up after a while as if it had been refused.
  bool probes = false;
};

/// How messages get to an upstream server of MCP, and what it says comes back.
/// On one I/O thread.
class mcp_wire {
public:
  virtual ~mcp_wire() = default;

  /// Says it. The listener hears the answer whole, or as events with what the
  /// server says before it; of a message without an id only that it is out.
  virtual std::unique_ptr<exchange> send(mcp_words what,
                                         std::unique_ptr<exchange_listener> to)
    = 0;

  /// The wire is the session, for clients of every sort: it begins with it, and
  /// cannot be begun anew on it.
  virtual bool one_session() const noexcept { return false; }

  /// Of its thread.
  virtual boost::asio::io_context& io() noexcept = 0;
};

} // namespace caisson::upstream
