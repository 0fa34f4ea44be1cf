#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "protocol/mcp/era.hpp"
#include "protocol/mcp/message.hpp"
#include "protocol/mcp/params.hpp"
#include "protocol/mcp/session_id.hpp"
#include "protocol/mcp/standard_headers.hpp"

namespace caisson::protocol::mcp {

/// What the head of a POST says; nothing for a field that did not come.
struct post_head {
  std::optional<std::string_view> content_type;
  std::optional<std::string_view> accept;
  std::optional<std::string_view> session_id;
  standard_headers standard;
};

/// The session of an id, or `session_not_found`.
using session_opener = std::function<checked<session>(std::string_view id)>;

/// A POST as far as it was understood; views point into its body.
struct admission {
  post_body body;        ///< no messages where it could not be read
  request_params params; ///< of a single message
  std::optional<route> where;
  std::optional<session> in; ///< legacy, after `initialize`
  /// Why it is not served, with the id that it answers.
  std::optional<rpc_error> refusal;

  /// The message, where it is a single one that was understood.
  const message* single() const noexcept {
    return body.batch || body.messages.empty() ? nullptr
                                               : &body.messages.front();
  }
};

/// Holds a POST to everything that is the protocol's own business, in the order
/// of reference/mcp.md section 1.4: media types, JSON-RPC, the era, its
/// headers; then
///
///     modern   the method must be one of that era
///     legacy   Accept; a session, but for `initialize`, which must have none;
///              arrays only for revisions that have them
///
/// What is admitted is served by its method; notifications and responses are
/// acknowledged (202).
admission admit(std::string& body, const post_head& head,
                const session_opener& open);

/// The same for a message that came alone on its line, from a process that the
/// node talks to by a pipe: there are no media types, headers and ids of
/// sessions. `in` is the session that has begun on the pipe, if one has; before
/// it a legacy client may only `initialize` and `ping`.
admission admit_line(std::string& line, const std::optional<session>& in);

/// The session of a GET or DELETE, or of a POST in one.
checked<session> session_in(std::optional<std::string_view> id,
                            const session_opener& open);

} // namespace caisson::protocol::mcp
