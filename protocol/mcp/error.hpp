#pragma once

#include <string>
#include <string_view>

#include <boost/system/result.hpp>

#include "protocol/mcp/revision.hpp"

namespace caisson::protocol::mcp {

/// The codes of JSON-RPC 2.0 and of MCP. -32020 and below belong to the
/// specification; of -32000 to -32019 only the two that clients of sessions
/// know are used.
enum class error_code : int {
  parse_error = -32700,
  invalid_request = -32600,
  method_not_found = -32601,
  invalid_params = -32602,
  internal_error = -32603,
  /// Legacy: a request that is no part of a session, or refused as HTTP.
  bad_request = -32000,
  /// Legacy: the session is not, or no longer, one of this caller.
  session_not_found = -32001,
  header_mismatch = -32020,
  missing_capability = -32021,
  unsupported_version = -32022,
};

/// A refusal as it goes to a client: the JSON-RPC error, and the HTTP status
/// of the answer that carries it. The sentences are for people and repeat of
/// what was sent at most a name, cut to a bearable length.
struct rpc_error {
  error_code code = error_code::internal_error;
  std::string message;
  /// The member `data` as JSON; empty when there is none.
  std::string data;
  unsigned status = 200;
  /// The id it answers, as JSON: `null` until the request's own is known.
  std::string id = "null";
};

/// A value or a refusal. Reading the value of a refusal is a bug and throws.
template <class T>
using checked = boost::system::result<T, rpc_error>;

/// Found by boost::system::result: reading a value that is not there.
[[noreturn]] void throw_exception_from_error(const rpc_error& what,
                                             const boost::source_location&);

/// No JSON: 400.
rpc_error parse_error(std::string_view why);

/// JSON, but no JSON-RPC message of this revision: 400.
rpc_error invalid_request(std::string_view why);

/// In band in the legacy era (200); modern clients are told by HTTP too (404).
rpc_error method_not_found(era spoken, std::string_view method);

/// Found by whoever serves the method: in band (200) in both eras.
rpc_error invalid_params(std::string_view why);

/// There is no such tool, or none for whoever asks: the same words for both.
rpc_error no_such_tool();

/// Found before anybody serves it, in the envelope of a modern request: 400.
rpc_error invalid_envelope(std::string_view why);

/// A header and the body disagree, or a required header is missing: 400.
rpc_error header_mismatch(std::string_view why);

/// A revision that is not spoken, with the list of those that are. 400.
rpc_error unsupported_version(std::string_view asked);

/// The same in the legacy era, whose clients know another code.
rpc_error unsupported_legacy_version();

/// What the request wants needs capabilities that the client has not declared.
/// `required` is a JSON object of them. 400.
rpc_error missing_capability(std::string_view required);

/// In band. Legacy clients know a code of its own, -32002; the modern one has
/// the URI in `data`.
rpc_error resource_not_found(era spoken, std::string_view uri);

/// A legacy request without the session id it needs: 400.
rpc_error session_required();

/// 404: the client must begin anew with `initialize`. The same words for a
/// session that has ended, is forged or is somebody else's.
rpc_error session_not_found();

/// Refused as HTTP, before JSON-RPC has begun.
rpc_error refused(unsigned status, std::string_view why);

} // namespace caisson::protocol::mcp
