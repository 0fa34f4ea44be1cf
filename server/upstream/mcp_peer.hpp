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

#include "protocol/mcp/access.hpp"
#include "protocol/mcp/client_features.hpp"
#include "protocol/mcp/log_level.hpp"
#include "protocol/mcp/revision.hpp"
#include "server/upstream/exchange.hpp"

namespace caisson::upstream {

class mcp_hello;

/// What came of a POST beside the words of its reply.
class mcp_note final : public protocol::reply_judge {
public:
  /// Of a reply other than 200, as far as it is looked at.
  mutable std::string body;
  unsigned status = 0; ///< 0: no reply
  std::string session_id;

  void take(const http::response_head& head);
  fault classify(unsigned status, std::string_view retry_after,
                 std::string_view date, std::string_view body) const override;
};

/// A fault of an exchange in the words for a server of MCP.
fault of_server(fault what);

/// What one I/O thread knows of an upstream server of MCP: its era, and the
/// node's sessions at it, one for each sort of client, since a server asks its
/// client only what that has said it can be asked. All of it is found out when
/// it is first needed, and anew when the server does not know it any more.
///
/// A modern server may know sessions too. Clients that can be asked something
/// get one there: who is asked in the midst of a call needs it.
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

  /// `where` has no path of its own: that is `target`.
  mcp_peer(std::shared_ptr<site> where, std::string target,
           std::string api_key);

  const std::string& key() const noexcept { return api_key_; }
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

  /// What is to be sent, and how its reply is judged. `fields` are of the
  /// request beside the usual ones.
  order post(call_ptr what, time_point connect_by, std::string body,
             std::unique_ptr<protocol::reply_reader> reader,
             const session* within, const protocol::mcp::header_list& fields,
             std::shared_ptr<mcp_note> note) const;

  /// Sends it.
  std::unique_ptr<exchange> begin(order what,
                                  std::unique_ptr<exchange_listener> to) const;

  /// Sends a message to which nobody waits for an answer.
  void tell(std::string body, const session& within);

private:
  friend class mcp_hello;

  void met(std::uint8_t client, std::optional<session> begun);
  /// A modern server has refused to begin a session.
  void met_no_sessions() noexcept { no_sessions_ = true; }
  void over(std::uint8_t client);

  std::shared_ptr<site> site_;
  std::string target_;
  std::string api_key_;
  std::optional<protocol::mcp::era> spoken_;
  bool no_sessions_ = false;
  std::map<std::uint8_t, session> sessions_; ///< by the bits of features
  std::map<std::uint8_t, std::weak_ptr<mcp_hello>> hellos_;
  std::list<std::unique_ptr<exchange>> asides_;
  std::uint64_t last_id_ = 0;
};

/// Of a server at `where`, whose path is where it is asked.
std::shared_ptr<mcp_peer> make_mcp_peer(std::shared_ptr<site> where,
                                        std::string api_key);

} // namespace caisson::upstream
