#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "actors/cluster/messages.hpp"
#include "protocol/mcp/admission.hpp"
#include "protocol/mcp/own_server.hpp"
#include "server/http/requester.hpp"
#include "server/http/routes.hpp"
#include "server/mcp/control.hpp"
#include "server/mcp/counts.hpp"
#include "server/mcp/desk.hpp"
#include "server/mcp/opened_sessions.hpp"
#include "server/mcp/own_desk.hpp"
#include "server/mcp/spill_shelf.hpp"
#include "server/mcp/streams.hpp"
#include "server/mcp/upstreams.hpp"

namespace caisson {

/// What the endpoints of all threads share.
struct mcp_shared {
  mcp_shared(const settings& with, const revoked_keys& no_more)
    : revoked(no_more), control(with), spilled(with.mcp.spill) {}

  const revoked_keys& revoked;

  mcp_control control;
  session_register sessions;
  call_register calls;
  spill_shelf spilled;
  held_calls held;
  news_log news;
  answer_shelf answers;
  std::vector<std::unique_ptr<mcp_streams>> streams; ///< by thread
  std::vector<mcp_desk*> desks;                      ///< likewise
  std::vector<own_desk*> own_desks;                  ///< likewise
  mcp_upstreams* upstreams = nullptr;
  /// Tells other nodes what this one was told.
  std::function<void(const order&)> pass_on;

  mcp_streams::surroundings of_streams() {
    return {sessions, control, news, answers, revoked};
  }

  /// Tells all who want to hear of it that a resource has changed.
  void changed(const std::string& uri);

  /// Ends a session before its time.
  void end(const session_register::key& which, session_register::time expires);

  /// Tells all who want to hear of it that something else is offered.
  void offers_changed();
};

/// `/mcp` for the sessions of one I/O thread: what `protocol/mcp` says of a
/// request, done.
///
///     POST     admit ──► initialize, subscriptions/listen, subscribing: here
///                   ├──► what an upstream server offers: desk
///                   ├──► the storage, the agent: own_desk
///                   └──► everything else: own_server
///     GET      a stream of a session, or the rest of one
///     DELETE   its end
///     OPTIONS  what pages of other origins may do
class mcp_endpoint {
public:
  mcp_endpoint(io_thread& home, mcp_shared& shared,
               const protocol::mcp::own_server& offers,
               metrics::registry& metrics, const tree& actors,
               limit_desk& limits,
               const std::atomic<std::int64_t>& request_timeout_ms);

  void post(requester& from, incoming& request);
  void get(requester& from, incoming& request);
  void end_session(requester& from, incoming& request);
  void preflight(requester& from, incoming& request);

  /// Serves what has been admitted at whichever door; `head` is nullptr where
  /// requests have none: there nothing is said twice, and answers may be
  /// streams.
  void take(requester& from, const protocol::mcp::admission& what,
            const kept_fields* head, const mcp_rules& rules);

  struct beginning {
    protocol::mcp::session in;
    std::string answer; ///< to `initialize`, JSON
  };

  /// Begins the session that is asked for, by a client of that tier.
  protocol::mcp::checked<beginning>
  begin_session(const protocol::mcp::admission& what, std::chrono::seconds ttl,
                tier level);

  mcp_desk& desk() noexcept { return desk_; }
  own_desk& later() noexcept { return own_; }

private:
  using rpc_error = protocol::mcp::rpc_error;
  using admission = protocol::mcp::admission;

  bool foreign(requester& from, const kept_fields& head,
               const mcp_rules& rules) const;
  protocol::mcp::session_opener opener(const requester& from,
                                       const mcp_rules& rules);
  /// The session of a GET or DELETE; nothing: it was refused.
  std::optional<protocol::mcp::session>
  enter(requester& from, const kept_fields& head, const mcp_rules& rules);

  void refuse(requester& from, const admission& what, const rpc_error& why);
  void initialize(requester& from, const admission& what,
                  const mcp_rules& rules);
  void listen(requester& from, const admission& what, const mcp_rules& rules);
  void serve_one(requester& from, const admission& what,
                 const kept_fields* head, const mcp_rules& rules);
  /// How its client takes an answer that comes later.
  late_answer::manner manner_of(const admission& what,
                                const kept_fields* head) const;
  /// A GET of a client that has lost a stream.
  void resume(requester& from, const protocol::mcp::session& in,
              std::string_view last, const mcp_rules& rules);
  /// What the client of a session has said that holds at all nodes.
  void tell_nodes(const protocol::mcp::session& in, order_kind what,
                  std::string_view uri = {}, std::string_view word = {});
  /// False: it is for no upstream server.
  bool pass_on(requester& from, const admission& what, const kept_fields* head,
               const mcp_offers& offered);
  /// Once it is not beyond the limit of the tool that it calls, if it does.
  void put(requester& from, upstream_reply::plan client,
           protocol::mcp::upstream_route what);
  /// A modern client comes again to a call of this node's. True: it has been
  /// led to it, or refused; else the call is to be made anew, with `given`.
  bool led_back(requester& from, const admission& what, const kept_fields* head,
                const protocol::mcp::upstream_route& route,
                std::optional<std::map<std::string, std::string>>& given);
  upstream_reply::plan client_of(requester& from, const admission& what,
                                 const kept_fields* head) const;
  /// A notification or a response, about which something may be to be done.
  void take_word(const admission& what, const protocol::mcp::message& one);
  /// Whether what it asks for is nobody's but the node's to answer, at once.
  static bool settled(const requester& from, const protocol::mcp::message& one,
                      const protocol::mcp::request_params& params,
                      const mcp_offers& offered);
  void serve_batch(requester& from, const admission& what);
  protocol::mcp::outcome serve(const requester& from, const admission& what,
                               const protocol::mcp::message& one,
                               const protocol::mcp::request_params& params,
                               const mcp_offers& offered);
  /// What was too large for an answer; nothing where something else is asked
  /// for.
  std::optional<protocol::mcp::outcome>
  read_spilled(const requester& from, protocol::mcp::era spoken,
               const protocol::mcp::message& one,
               const protocol::mcp::request_params& params) const;
  protocol::mcp::result_keeper keeper_for(const requester& from,
                                          const admission& what) const;
  protocol::mcp::outcome subscribe(const protocol::mcp::session& in,
                                   std::string_view method,
                                   const protocol::mcp::request_params& params);
  /// Whether it is there to be heard of.
  bool readable(const std::string& uri) const;
  void count(const admission& what, const protocol::mcp::message& one,
             const protocol::mcp::outcome& how);

  io_thread& home_;
  mcp_shared& shared_;
  const protocol::mcp::own_server& offers_;
  limit_desk& limits_;
  mcp_counts counts_;
  opened_sessions opened_;
  mcp_desk desk_;
  own_desk own_;
};

} // namespace caisson
