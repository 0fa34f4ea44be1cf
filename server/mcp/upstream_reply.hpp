#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "actors/ports.hpp"
#include "protocol/mcp/session_id.hpp"
#include "protocol/mcp/upstream_answer.hpp"
#include "protocol/sse.hpp"
#include "server/http/requester.hpp"
#include "server/mcp/held_calls.hpp"
#include "server/mcp/input_round.hpp"
#include "server/mcp/late_answer.hpp"
#include "server/mcp/returned_client.hpp"

namespace caisson {

class mcp_desk;
struct model_route;

/// The client's end of a request that an upstream server answers: says to the
/// client what actors bring of it, and is the reply guard: dropped unanswered,
/// on whatever thread, it answers.
///
/// Without anything to say before the response the answer is JSON; with it, or
/// when the response is long in coming, it is a stream, for clients that take
/// one. A client of a session that hangs up
/// does not cancel by that: what it asked for is done to its end, unheard.
///
/// Where the server wants to know something first, the client is asked here,
/// and the request is made again with what it has answered.
///
/// A modern client that a server asks in the midst of its call is asked by the
/// answer to it, and comes again; the call at the server goes on meanwhile:
///
///          a question: the answer is `input_required`
///   heard ────────────────────────────────────────────► away ──► given up
///     ▲                                                  │   the request's
///     └──────────────────────────────────────────────────┘   time is over
///          it comes again: what it has answered is passed on
class upstream_reply final
  : public responder,
    public std::enable_shared_from_this<upstream_reply> {
public:
  struct plan {
    std::shared_ptr<requester> to;
    protocol::mcp::upstream_answer::asked by;
    mcp_server_settings rules;
    std::optional<protocol::mcp::session> in; ///< of a client that has one
    std::shared_ptr<const model_route> where;
    std::string tool; ///< as it is offered, of a call of one
    std::string name; ///< likewise, of whatever is asked for
    std::string principal;
    /// What a client has answered before a call that is made anew, by the keys
    /// under which it will be asked again.
    std::map<std::string, std::string> given;
    late_answer::manner how;
  };

  upstream_reply(mcp_desk& desk, plan what);
  ~upstream_reply() override;

  bool waits() const noexcept override;
  void answer(bytes body, const provenance& from) override;
  void begin(const provenance&) override {}
  void more(bytes chunk) override;
  void end() override;
  void fail(const fault& what, const provenance& from) override;

  /// Shows a client that has not heard anything for long that it is not
  /// forgotten, nor the connection dead.
  void sign(time_point now);

  /// The client has answered a question; its response, JSON.
  void answered(const std::string& question, std::string response);

  /// A modern client has come again with what it was asked.
  void come_back(std::shared_ptr<returned_client> who);

  /// It has not answered in time.
  void expire();

  std::uint64_t request() const noexcept { return end_.id(); }

  /// The client wants no answer any more: it has said so, or gone.
  void cancel();

private:
  void hear(std::string_view message);
  void expect(std::string question, std::string id);
  void ask_all(protocol::mcp::wanted_input wanted);
  bool pauses();
  void go_on();
  bool settled();
  void say(std::string_view message);
  void want(protocol::mcp::upstream_answer::step said);
  void ask_back();
  void pass_answers();
  void answer_server(std::string_view id, std::string_view result);
  std::string key_of(const protocol::mcp::input_request& what);
  void give(std::string message, unsigned status);
  void conclude(const protocol::mcp::upstream_answer::step& how);
  void tell_fault(const fault& what);
  void finish(std::string message, unsigned status);
  void close();

  mcp_desk& desk_;
  plan plan_;
  protocol::mcp::upstream_answer words_;
  protocol::sse_decoder events_;
  std::vector<std::string> questions_; ///< as the client was shown them
  late_answer end_;
  std::optional<input_round> round_; ///< that is waited for
  bool told_all_ = false; ///< the server has, of what it was asked last
  unsigned rounds_ = 0;

  /// What a server asks a modern client in the midst of its call.
  struct open_question {
    std::string id; ///< under which the server waits, JSON
    protocol::mcp::input_request what;
  };
  std::vector<open_question> open_;
  std::map<std::uint64_t, unsigned> asked_; ///< how often the same
  std::optional<held_calls::name> held_;
  bool away_ = false;
  /// That is here now; nullptr: the one that the call came from.
  std::shared_ptr<returned_client> guest_;
  std::string late_; ///< the response that came while it was away
  std::optional<fault> late_fault_;
  std::string trace_;
  bool done_ = false;
};

} // namespace caisson
