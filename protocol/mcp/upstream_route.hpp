#pragma once

#include <memory>
#include <optional>

#include "protocol/mcp/federation.hpp"
#include "protocol/mcp/message.hpp"
#include "protocol/mcp/params.hpp"
#include "protocol/mcp/upstream_call.hpp"

namespace caisson::protocol::mcp {

/// A request for an upstream server, and which one.
struct upstream_route {
  federation::place to;
  std::shared_ptr<upstream_call> call;
};

/// Where a request goes that asks for something an upstream server offers, in
/// that server's own names; nothing for every other one. Who asks, and what it
/// can be asked, is to be added.
std::optional<upstream_route> route_upstream(const federation& through,
                                             const message& one,
                                             const request_params& params);

/// Whether it may be sent twice: it only looks, or is a tool that says so.
bool repeatable(const upstream_route& what) noexcept;

} // namespace caisson::protocol::mcp
