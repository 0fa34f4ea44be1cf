#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "actors/call.hpp"
#include "protocol/mcp/access.hpp"
#include "protocol/mcp/client_features.hpp"
#include "protocol/mcp/log_level.hpp"
#include "protocol/mcp/param_headers.hpp"
#include "protocol/mcp/revision.hpp"

namespace caisson::protocol::mcp {

/// A request for an upstream server, in the words of neither era yet: which of
/// them the server speaks is known where it is sent.
struct upstream_call final : payload {
  std::string method;
  /// The members of its params but `_meta`, without braces: the client's, by
  /// the server's own name for what is asked for.
  std::string members;
  /// Members of `_meta` that are nobody's on the way, likewise.
  std::string meta;
  /// What the header Mcp-Name says: a name or a URI; or empty.
  std::string name;
  std::vector<mirrored_argument> mirrored;
  std::string arguments; ///< where some of them are mirrored
  era asked_in = era::legacy;
  /// What the client can be asked.
  client_features client;
  std::string capabilities;       ///< the same as a modern client has said it
  std::optional<log_level> level; ///< from which on it hears of the log
  bool wants_progress = false;

  std::uint64_t fingerprint() const noexcept override;
};

/// What a client of a session is owed by its server, or owes to it, beside its
/// requests: a response, a notification. JSON, as it goes out.
struct upstream_message final : payload {
  std::string body;
  client_features client; ///< whose session it is of
};

/// Takes params as a client has sent them, an object of a body that has been
/// read, or empty. `value`, JSON, takes the place of what `member` has.
void take_params(upstream_call& into, std::string_view params,
                 std::string_view member = {}, std::string_view value = {});

/// The request in that era, under an id that is a number: progress is told by
/// it. `client_info` is ours.
std::string write_upstream(const upstream_call& what, era spoken,
                           std::uint64_t id, std::string_view client_info);

/// The fields that repeat what a modern request says.
header_list upstream_headers(const upstream_call& what);

} // namespace caisson::protocol::mcp
