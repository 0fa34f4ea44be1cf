#pragma once

#include <cstdint>
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
#include "server/mcp/input_round.hpp"
#include "server/mcp/late_answer.hpp"

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
    bool streams = false;
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
  bool done_ = false;
};

} // namespace caisson
