#pragma once

#include <chrono>

#include "protocol/mcp/admission.hpp"
#include "protocol/mcp/param_headers.hpp"
#include "protocol/mcp/server_card.hpp"
#include "tests/conformance/connection.hpp"
#include "tests/conformance/fixture.hpp"
#include "tests/conformance/listeners.hpp"
#include "tests/conformance/sessions.hpp"

namespace caisson::conformance {

/// `/mcp` of the fixture, both eras: what the node's endpoint will do with the
/// same words of `protocol/mcp`, one blocking thread for each connection.
class endpoint {
public:
  /// `now` is the wall clock: sessions and states expire.
  explicit endpoint(std::chrono::sys_seconds (*now)());

  void serve(request& from, answer& to);

private:
  struct exchange;

  void post(request& from, answer& to);
  void get(const request& from, answer& to);
  void end_session(const request& from, answer& to);
  void refuse(answer& to, const protocol::mcp::rpc_error& what);

  void listen(exchange& with);
  void initialize(exchange& with);
  void run(exchange& with);
  outcome dispatch(exchange& with, call& from);
  void finish(exchange& with, outcome result);
  call make_call(exchange& with);
  std::optional<protocol::mcp::rpc_error>
  check_mirrored(const exchange& with, const request& from) const;
  protocol::mcp::session_opener opener();

  std::chrono::sys_seconds (*now_)();
  protocol::mcp::sealer sealer_;
  protocol::mcp::server_card card_;
  std::vector<protocol::mcp::mirrored_argument> mirrored_;
  sessions sessions_;
  listeners listeners_;
};

} // namespace caisson::conformance
