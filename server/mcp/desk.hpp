#pragma once

#include <atomic>
#include <cstdint>
#include <map>
#include <memory>
#include <string>

#include "actors/tree.hpp"
#include "protocol/mcp/upstream_route.hpp"
#include "server/http/requester.hpp"
#include "server/io/io_thread.hpp"
#include "server/mcp/call_register.hpp"
#include "server/mcp/control.hpp"
#include "server/mcp/counts.hpp"
#include "server/mcp/upstream_reply.hpp"

namespace caisson {

/// Where the requests of one I/O thread for upstream servers go out to the
/// actors, and by which they are given up. On that thread, but for `answered`,
/// `pass_on` and `cancel_there`.
class mcp_desk final : public client_watcher, public swept {
public:
  mcp_desk(io_thread& home, const tree& actors, call_register& calls,
           mcp_counts& counts, const mcp_control& control,
           const std::atomic<std::int64_t>& request_timeout_ms);

  /// Puts a request; its client hears of it.
  void put(upstream_reply::plan client, protocol::mcp::upstream_route what);

  /// Sends a message of a session to a server, to which nothing is answered.
  void send(const std::shared_ptr<const model_route>& to,
            protocol::mcp::client_features client, std::string body);

  /// Makes a request again with more members, for the same client.
  void put_again(const std::shared_ptr<upstream_reply>& reply,
                 std::string_view members);

  /// Keeps a reply that waits for its client, and for nobody else: until the
  /// request's deadline.
  void keep(std::shared_ptr<upstream_reply> reply);

  /// The client has answered what it was asked in a request of this thread. On
  /// any thread.
  void answered(std::uint64_t request, std::string question,
                std::string response);

  /// Sends a message, from another thread.
  void pass_on(call_register::question to, std::string body);

  /// Gives a request of this thread up that its client has cancelled.
  void cancel_there(std::uint64_t request);

  /// The client of a modern request has gone: that is how it cancels.
  void client_gone(std::uint64_t request) override;

  /// A request has its answer.
  void over(std::uint64_t request);

  void sweep(time_point now) override;

  millis keep_alive() const { return control_.rules()->keep_alive; }

  /// A name for what a client is asked, JSON, unique in the node.
  std::string next_question();

  call_register& calls() noexcept { return calls_; }
  mcp_counts& counts() noexcept { return counts_; }

private:
  std::shared_ptr<call> begin(const requester& from) const;

  io_thread& home_;
  const tree& actors_;
  call_register& calls_;
  mcp_counts& counts_;
  const mcp_control& control_;
  const std::atomic<std::int64_t>& request_timeout_ms_;
  std::uint64_t questions_ = 0;
  struct request {
    std::weak_ptr<upstream_reply> reply;
    std::shared_ptr<const call> asked;
    std::uint64_t submitted;                   ///< its number to the actors
    std::shared_ptr<upstream_reply> kept = {}; ///< while its client is asked
  };
  std::map<std::uint64_t, request> open_;
};

} // namespace caisson
