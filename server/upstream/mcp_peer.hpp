#pragma once

#include <cstdint>
#include <functional>
#include <list>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "protocol/mcp/log_level.hpp"
#include "protocol/mcp/revision.hpp"
#include "server/upstream/bearer_source.hpp"
#include "server/upstream/mcp_wire.hpp"
#include "server/upstream/site.hpp"

namespace caisson::upstream {

class mcp_hello;
class mcp_questions;

/// What one I/O thread knows of an upstream server of MCP: its era, and the
/// node's sessions at it, one for each sort of client, since a server asks its
/// client only what that has said it can be asked. All of it is found out when
/// it is first needed, and anew when the server does not know it any more.
///
/// A modern server may know sessions too. Clients that can be asked something
/// get one there: who is asked in the midst of a call needs it. Sessions are
/// ended with it, as far as the server can be told while the thread lasts.
class mcp_peer : public std::enable_shared_from_this<mcp_peer> {
public:
  using features = protocol::mcp::client_features;

  struct session {
    std::string id; ///< empty: the server has none
    protocol::mcp::revision spoken = protocol::mcp::latest_legacy;
    std::optional<protocol::mcp::log_level> level;
  };

  /// Hears that the server can be asked, or why not.
  using greeted = std::function<void(const std::optional<fault>&)>;

  explicit mcp_peer(std::shared_ptr<mcp_wire> by) : wire_{std::move(by)} {}

  ~mcp_peer();
  mcp_peer(const mcp_peer&) = delete;
  mcp_peer& operator=(const mcp_peer&) = delete;

  boost::asio::io_context& io() const noexcept { return wire_->io(); }
  std::uint64_t next_id() noexcept { return ++last_id_; }

  /// What the server speaks, if both then the modern one.
  std::optional<protocol::mcp::era> spoken() const noexcept { return spoken_; }

  /// The session for such clients; nullptr where it has not begun, or what they
  /// ask for needs none.
  session* in(features client);

  /// Whether a request of such a client can be sent.
  bool ready(features client);

  /// Gets ready, with whoever waits for the same. Who does not wait any more
  /// drops what is returned; when nobody does, it is given up.
  std::shared_ptr<void> greet(features client, time_point connect_by,
                              greeted then);

  /// That session is none, as far as it still is the one meant.
  void lose(features client, const std::string& id);

  /// Nothing is known of its era any more.
  void forget();

  /// The message as it is to be sent. `fields` are of the request beside the
  /// usual ones, where there are any.
  mcp_words post(call_ptr what, time_point connect_by, std::string body,
                 std::uint64_t id, const session* within,
                 const protocol::mcp::header_list& fields,
                 std::shared_ptr<mcp_note> note) const;

  /// Sends it.
  std::unique_ptr<exchange> begin(mcp_words what,
                                  std::unique_ptr<exchange_listener> to) const;

  /// Sends a message to which nobody waits for an answer; `within` is nullptr
  /// where there are no sessions.
  void tell(std::string body, const session* within);

  /// Whether a server may ask such clients on a stream of their session's own.
  bool asks_beside(std::uint8_t client) const noexcept;

  /// A call of such a client is under way in its session, for as long as what
  /// is returned lives; `asked` hears what the server asks meanwhile.
  std::shared_ptr<void> hear_questions(features client,
                                       std::function<void(bytes)> asked);

  /// Who does not wait for a request any more has to say so: no connection ends
  /// by which it would be seen.
  bool must_be_told() const noexcept { return wire_->one_session(); }

private:
  friend class mcp_hello;

  void met(std::uint8_t client, std::optional<session> begun,
           std::shared_ptr<mcp_questions> asks = nullptr);
  /// A modern server has refused to begin a session.
  void met_no_sessions() noexcept { no_sessions_ = true; }
  void over(std::uint8_t client);

  std::uint8_t bits_of(features client) const noexcept;

  std::shared_ptr<mcp_wire> wire_;
  std::optional<protocol::mcp::era> spoken_;
  bool no_sessions_ = false;
  std::map<std::uint8_t, session> sessions_; ///< by `bits_of`
  std::map<std::uint8_t, std::shared_ptr<mcp_questions>> questions_;
  std::map<std::uint8_t, std::weak_ptr<mcp_hello>> hellos_;
  std::list<std::unique_ptr<exchange>> asides_;
  std::uint64_t last_id_ = 0;
};

/// Of a server over HTTP at `where`, whose path is where it is asked. It is
/// shown the key, or where there is a `from` the tokens of that.
std::shared_ptr<mcp_peer>
make_mcp_peer(std::shared_ptr<site> where, std::string api_key,
              std::shared_ptr<bearer_source> from = nullptr);

} // namespace caisson::upstream
