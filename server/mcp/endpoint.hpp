#pragma once

#include <memory>
#include <vector>

#include "protocol/mcp/admission.hpp"
#include "protocol/mcp/own_server.hpp"
#include "server/http/routes.hpp"
#include "server/http/session.hpp"
#include "server/mcp/control.hpp"
#include "server/mcp/counts.hpp"
#include "server/mcp/streams.hpp"

namespace caisson {

/// What the endpoints of all threads share.
struct mcp_shared {
  explicit mcp_shared(const settings& with) : control(with) {}

  mcp_control control;
  session_register sessions;
  std::vector<std::unique_ptr<mcp_streams>> streams; ///< by thread

  /// Tells all who want to hear of it that a resource has changed.
  void changed(const std::string& uri);
};

/// `/mcp` for the sessions of one I/O thread: what `protocol/mcp` says of a
/// request, done.
///
///     POST     admit ──► initialize, subscriptions/listen, subscribing: here
///                   └──► everything else: own_server
///     GET      a stream of a session
///     DELETE   its end
///     OPTIONS  what pages of other origins may do
class mcp_endpoint {
public:
  mcp_endpoint(io_thread& home, mcp_shared& shared,
               const protocol::mcp::own_server& offers,
               metrics::registry& metrics);

  void post(session& from, incoming& request);
  void get(session& from, incoming& request);
  void end_session(session& from, incoming& request);
  void preflight(session& from, incoming& request);

private:
  using rpc_error = protocol::mcp::rpc_error;
  using admission = protocol::mcp::admission;

  bool foreign(session& from, const kept_fields& head,
               const mcp_rules& rules) const;
  protocol::mcp::session_opener opener(const session& from,
                                       const mcp_rules& rules) const;
  /// The session of a GET or DELETE; nothing: it was refused.
  std::optional<protocol::mcp::session>
  enter(session& from, const kept_fields& head, const mcp_rules& rules);

  void refuse(session& from, const admission& what, const rpc_error& why);
  void initialize(session& from, const admission& what, const mcp_rules& rules);
  void listen(session& from, const admission& what, const mcp_rules& rules);
  void serve_one(session& from, const admission& what, const mcp_rules& rules);
  void serve_batch(session& from, const admission& what);
  protocol::mcp::outcome serve(const admission& what,
                               const protocol::mcp::message& one,
                               const protocol::mcp::request_params& params);
  protocol::mcp::outcome subscribe(const protocol::mcp::session& in,
                                   std::string_view method,
                                   const protocol::mcp::request_params& params);
  void count(const admission& what, const protocol::mcp::message& one,
             const protocol::mcp::outcome& how);

  io_thread& home_;
  mcp_shared& shared_;
  const protocol::mcp::own_server& offers_;
  mcp_counts counts_;
};

} // namespace caisson
