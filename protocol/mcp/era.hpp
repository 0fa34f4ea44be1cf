#pragma once

#include <optional>
#include <string>

#include "protocol/mcp/message.hpp"
#include "protocol/mcp/params.hpp"
#include "protocol/mcp/standard_headers.hpp"

namespace caisson::protocol::mcp {

/// How a POST is to be served.
struct route {
  era spoken = era::legacy;
  /// Modern: the revision of the request. Legacy: what the version header or
  /// the claim names; nothing when there is neither, and then it is the
  /// session's, or `assumed_legacy`.
  std::optional<revision> named;
  /// It begins a session.
  bool initialize = false;
};

/// Decides the era of a POST. The body decides, the header only cross-checks:
/// clients of either era send modern headers, and proxies strip them.
///
///     array                      legacy, unless an element claims: refused
///     response                   legacy
///     initialize                 legacy, unless it has a whole modern claim
///     _meta claims a revision    that one's era; the header must agree
///     no claim, modern header    a modern request that lacks its _meta: -32602
///     no claim                   legacy
///
/// A modern request comes out checked as far as that is everybody's business:
/// `_meta` whole, revision known, headers equal to the body. `params` are those
/// of the message, which only a single message has. A refusal has the id of
/// the message it answers.
checked<route> decide_era(const post_body& body, const request_params& params,
                          const standard_headers& headers);

} // namespace caisson::protocol::mcp
