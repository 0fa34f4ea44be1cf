#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "protocol/mcp/own_server.hpp"
#include "protocol/mcp/reply.hpp"
#include "protocol/mcp/session_id.hpp"
#include "server/gateway/limit_desk.hpp"
#include "server/http/requester.hpp"
#include "server/mcp/late_answer.hpp"

namespace caisson {

class own_desk;

/// The client's end of a request that the node answers by itself, though not at
/// once. It is the reply guard: dropped unanswered, on whatever thread, it
/// answers.
///
/// The answer is JSON; where the client wants to hear of progress, or it takes
/// long, and it takes streams, a stream. A client of a session that hangs up
/// does not cancel by that: what it asked for is done to its end, unheard.
class own_reply {
public:
  struct plan {
    std::shared_ptr<requester> to;
    protocol::mcp::era spoken = protocol::mcp::era::legacy;
    std::string id; ///< JSON
    std::string method;
    std::string tool; ///< of a call of one
    std::string progress_token;
    std::optional<protocol::mcp::session> in; ///< of a client that has one
    bool streams = false;
  };

  own_reply(own_desk& desk, plan what);
  ~own_reply();
  own_reply(const own_reply&) = delete;
  own_reply& operator=(const own_reply&) = delete;

  /// Whether anybody still wants the answer.
  bool waits() const noexcept;

  /// The next thing is being done.
  void progress(std::string_view sentence);

  void conclude(protocol::mcp::outcome how);
  /// As an error of JSON-RPC, or where a tool was called, as its own.
  void fail(const fault& why);

  /// The tool may not be called so often: an error of JSON-RPC, as it is for
  /// everybody's tools.
  void refuse(const limit_desk::over_limit& why);

  /// The client wants no answer any more: it has said so, or gone.
  void cancel();

  /// Shows, if it is time, that the node is still at it.
  void sign(time_point now);

private:
  void finish(std::string message, unsigned status,
              std::string_view fields = {});
  void close();

  own_desk& desk_;
  plan plan_;
  protocol::mcp::progress_meter meter_;
  late_answer end_;
  std::uint64_t steps_ = 0;
  bool done_ = false;
};

using own_reply_ptr = std::shared_ptr<own_reply>;

} // namespace caisson
