#pragma once

#include <algorithm>
#include <optional>
#include <random>
#include <string>
#include <utility>

#include "protocol/mcp/event_stream.hpp"
#include "protocol/mcp/message.hpp"
#include "protocol/mcp/params.hpp"
#include "protocol/mcp/reply.hpp"
#include "protocol/mcp/session_id.hpp"
#include "tests/conformance/endpoint.hpp"

namespace caisson::conformance {

/// The fixture knows nobody by name.
inline constexpr std::string_view principal = "anonymous";

/// Bytes that nobody can guess.
template <class Bytes>
Bytes random_bytes() {
  Bytes bytes{};
  std::random_device source;
  std::generate(bytes.begin(), bytes.end(),
                [&] { return static_cast<std::uint8_t>(source()); });
  return bytes;
}

/// One request that is being answered: as one JSON object, or, from the first
/// notification on, as a stream.
struct endpoint::exchange {
  answer& to;
  const protocol::mcp::message& one;
  const protocol::mcp::request_params& params;
  protocol::mcp::era spoken;
  std::optional<protocol::mcp::session> in; ///< legacy
  /// The stream that the client has been left without, if it was.
  std::optional<protocol::mcp::event_id> dropped;

  void say(std::string_view text) {
    if (!to.streams())
      to.open_stream();
    std::string event;
    protocol::mcp::append_event(event, text);
    to.send_events(event);
  }

  void end(std::string_view text, unsigned status = 200) {
    if (!to.streams())
      return to.send(status, text);
    say(text);
    to.close_stream();
  }

  void refuse(protocol::mcp::rpc_error what) {
    what.id = one.id.empty() ? "null" : std::string{one.id};
    end(protocol::mcp::write_error(what), what.status);
  }
};

} // namespace caisson::conformance
