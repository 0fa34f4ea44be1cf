#pragma once

#include <optional>
#include <string_view>

#include "protocol/mcp/error.hpp"

namespace caisson::protocol::mcp {

/// Whether a Content-Type is `application/json`; its parameters do not matter.
/// 415.
std::optional<rpc_error> check_content_type(std::string_view value);

/// Whether an Accept names both `application/json` and `text/event-stream`, as
/// a legacy POST must; wildcards do not count, nor does what has `q=0`. 406.
std::optional<rpc_error> check_accept_post(std::string_view value);

/// Whether an Accept names `text/event-stream`, as a GET must. 406.
std::optional<rpc_error> check_accept_get(std::string_view value);

} // namespace caisson::protocol::mcp
