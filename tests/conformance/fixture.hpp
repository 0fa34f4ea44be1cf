#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include <boost/json/value.hpp>

#include "protocol/mcp/input_required.hpp"
#include "protocol/mcp/params.hpp"

namespace caisson::conformance {

/// One call of a tool, a prompt or a resource, and what it can do meanwhile.
struct call {
  protocol::mcp::era spoken = protocol::mcp::era::legacy;
  const protocol::mcp::request_params& params;
  std::string name; ///< of the tool or prompt, or the URI
  boost::json::object arguments;
  boost::json::object answers; ///< modern: inputResponses
  std::string state;           ///< modern: the content of requestState, opened

  /// Sends a notification on the request's own stream.
  std::function<void(std::string)> notify;
  /// Legacy: asks the client, and waits for its result.
  std::function<std::optional<boost::json::value>(std::string_view method,
                                                  std::string_view params)>
    ask;
  /// Legacy: ends the stream; the result waits for who comes back for it.
  std::function<void()> drop_stream;
  /// Tells everybody who listens.
  std::function<void(std::string_view)> changed;
};

/// A modern result of type `input_required`; `state` is sealed on its way out.
struct wants_input {
  std::vector<protocol::mcp::input_request> requests;
  std::string state;
};

/// The members of a result, a question, or a refusal.
using outcome
  = std::variant<std::string, wants_input, protocol::mcp::rpc_error>;

// What the conformance suite expects of a server, by its names (its README,
// "Server requirements"). Lists are members of a result.
std::string_view tools_list();
std::string_view prompts_list();
std::string_view resources_list();
std::string_view templates_list();
/// The `inputSchema` of the one tool whose arguments are mirrored in headers.
std::string_view mirrored_schema();

outcome call_tool(call& from);
outcome get_prompt(call& from);
outcome read_resource(call& from);

/// A tool that asks in the modern way; nothing if it is no such tool.
std::optional<outcome> call_asking_tool(call& from);
/// A tool that asks a legacy client while it runs; nothing if it is none.
std::optional<outcome> call_legacy_tool(call& from);

/// `{"content":[{"type":"text","text":…}]}`, with `isError` if need be.
std::string text_result(std::string_view text, bool error = false);

/// The picture and the sound that the fixture has, as Base64.
inline constexpr std::string_view picture
  = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mP8z8DwHwAFBQIA"
    "X8jx0gAAAABJRU5ErkJggg==";
inline constexpr std::string_view sound
  = "UklGRiYAAABXQVZFZm10IBAAAAABAAEAQB8AAAB9AAACABAAZGF0YQIAAAA=";

} // namespace caisson::conformance
