#pragma once

#include <chrono>
#include <string>
#include <string_view>

#include "protocol/mcp/error.hpp"
#include "server/gateway/limit_desk.hpp"
#include "server/http/requester.hpp"

namespace caisson {

inline constexpr std::string_view mcp_session_header = "Mcp-Session-Id";
inline constexpr std::string_view json_media = "application/json";
inline constexpr std::string_view stream_media = "text/event-stream";

/// No proxy may hold back what is said on a stream.
inline constexpr std::string_view stream_fields
  = "Cache-Control: no-cache\r\nX-Accel-Buffering: no\r\n";

/// Sessions expire by the clock on the wall, which all nodes share.
std::chrono::sys_seconds today();

/// Whose sessions they are: all keys of a user are one's, and who has shown no
/// key that is known is nobody.
std::string principal_of(const requester& from);

/// A refusal as the whole answer.
void say(requester& to, const protocol::mcp::rpc_error& what);

/// A message as it is said on a stream.
std::string event_of(std::string_view message);

/// The error of JSON-RPC that a call is beyond the limit of its tool. `id` is
/// that of the request, JSON.
std::string limited_answer(const requester& to, std::string_view id,
                           const limit_desk::over_limit& why);

/// When to ask again, as a field line: programs that know HTTP look there.
std::string retry_after_line(const fault& why);

/// Why a stream is refused.
fault no_room();

} // namespace caisson
