#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>

#include "protocol/mcp/session_id.hpp"
#include "server/http/door.hpp"
#include "server/io/io_thread.hpp"
#include "server/mcp/endpoint.hpp"
#include "server/mcp/line_pump.hpp"
#include "server/mcp/pipe_request.hpp"

namespace caisson {

/// The client that has started this process and talks to it by its standard
/// input and output: MCP, a message a line, requests answered as they are done.
/// What it says goes the way of a POST to `/mcp`, past the same gatekeeper; its
/// session, if it begins one, is the pipe itself.
///
///   line ─► pipe_request ─► gatekeeper ─► mcp_endpoint ─► … ─► a line, or more
///
/// On the first I/O thread, but for `waiting`.
class pipe_client final : public swept,
                          public std::enable_shared_from_this<pipe_client> {
public:
  struct plan {
    int from = 0;
    int to = 1;
    std::shared_ptr<door> through; ///< whose limits and drain hold here, too
    mcp_endpoint* endpoint = nullptr;
    mcp_shared* shared = nullptr;
    /// A key as it would be shown to `/mcp`; empty: none.
    std::string key;
    /// What it counts as without a key that is known, and the LLM tokens that
    /// it has in any minute then.
    tier level = tier::anonymous;
    std::uint64_t tokens = 0;
    /// Nothing more will come. On any thread.
    std::function<void()> ended;
  };

  pipe_client(io_thread& home, plan by);

  /// Begins to read. On any thread.
  void start();

  /// Reads no more and writes no more. Before the threads end.
  void stop();

  /// Whether all that was said is out. On any thread.
  bool silent() const noexcept { return !pump_ || pump_->waiting() == 0; }

  /// The time of a drain is up: what is open is answered now.
  void sweep(time_point now) override;

  // -- for its requests -------------------------------------------------------

  io_thread& home() noexcept { return home_; }
  door& through() noexcept { return *plan_.through; }
  visitor who() const;
  /// Whether its requests are held against its limits.
  bool limited() const noexcept;
  void serve(pipe_request& one);
  void say(std::string_view message);
  void closed(const pipe_request& one);

private:
  void take(std::string line);
  void take_request(const std::shared_ptr<pipe_request>& one);
  void take_rest(pipe_request& one);
  void begin(pipe_request& one);
  void listen();
  void refuse_long();
  gatekeeper* keeper() const noexcept;

  io_thread& home_;
  plan plan_;
  std::optional<protocol::mcp::session> in_;
  bool listening_ = false;
  std::map<std::string, std::shared_ptr<pipe_request>, std::less<>> open_;
  std::unique_ptr<line_pump> pump_;
};

} // namespace caisson
