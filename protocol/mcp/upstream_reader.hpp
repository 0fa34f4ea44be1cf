#pragma once

#include <cstdint>
#include <memory>

#include "protocol/dialect.hpp"

namespace caisson::protocol::mcp {

/// The largest message of an upstream server.
inline constexpr std::size_t largest_message = 16 * 1024 * 1024;

/// Reads the reply of an upstream server to the request of that id: JSON, or a
/// stream whose events are messages up to the response. Whatever is no message
/// of JSON-RPC, or answers another request, is a fault (`mcp_error`,
/// `failure_kind::decode`). Out come whole messages: alone, or as events.
std::unique_ptr<reply_reader> upstream_reader(std::uint64_t id);

} // namespace caisson::protocol::mcp
