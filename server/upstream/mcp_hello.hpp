#pragma once

#include <cstdint>
#include <list>
#include <memory>
#include <optional>
#include <string>

#include "protocol/mcp/upstream_hello.hpp"
#include "protocol/mcp/upstream_reader.hpp"
#include "server/upstream/mcp_peer.hpp"

namespace caisson::upstream {

/// Getting to know a server: which era it speaks, and a session where that one
/// has sessions. For all who wait for the same; it has no patience of its own,
/// they have: when the last of them has gone, it ends.
///
///                  modern, and nobody to ask
///   discovering ───────────────────────────────────────────────► met
///      │  any other answer (of two that want this revision,     ▲ ▲
///      │  the second)                                           │ │
///      └─────────► beginning ── a session ──► confirming ───────┘ │
///                     ▲ └──────── modern: it has no sessions ─────┘
///         era: known ─┘
class mcp_hello : public std::enable_shared_from_this<mcp_hello> {
public:
  mcp_hello(std::weak_ptr<mcp_peer> at, std::uint8_t client,
            time_point connect_by);

  void start();

  /// Waits, for as long as the ticket lives.
  std::shared_ptr<void> join(mcp_peer::greeted then);

  // What the exchange of the moment says.
  void heard(std::string_view message);
  void failed(fault what);

private:
  enum class phase : std::uint8_t {
    discovering,
    beginning,
    confirming,
    listening
  };
  class ear;
  struct waiting {
    std::shared_ptr<mcp_hello> home;
    mcp_peer::greeted then;
  };

  bool asks_again(const protocol::mcp::message& answer);
  bool has_no_sessions();
  void discover();
  void begin_session();
  void confirm();
  void listen();
  void send(std::string body, std::uint64_t id, const mcp_peer::session* within,
            const protocol::mcp::header_list& fields);
  void done(const std::optional<fault>& why);

  std::weak_ptr<mcp_peer> peer_;
  std::uint8_t client_;
  time_point connect_by_;
  phase phase_ = phase::discovering;
  bool asked_again_ = false;
  std::unique_ptr<exchange> talk_;
  std::shared_ptr<mcp_note> note_;
  mcp_peer::session session_;
  std::shared_ptr<mcp_questions> questions_;
  std::list<std::weak_ptr<waiting>> waiting_;
};

/// What the node calls itself to servers, JSON.
std::string_view mcp_client_info() noexcept;

} // namespace caisson::upstream
