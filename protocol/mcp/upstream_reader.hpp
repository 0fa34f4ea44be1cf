#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "protocol/dialect.hpp"

namespace caisson::protocol::mcp {

/// The largest message of an upstream server.
inline constexpr std::size_t largest_message = 16 * 1024 * 1024;

/// Where a server's stream is, for its client to come back to once it is cut.
struct stream_place {
  std::string last_event; ///< empty: it cannot be taken up
  /// How long the server wishes to be left alone before that.
  std::optional<std::chrono::milliseconds> wait;
};

/// Reads the reply of an upstream server to the request of that id: JSON, or a
/// stream whose events are messages up to the response. Whatever is no message
/// of JSON-RPC, or answers another request, is a fault (`mcp_error`,
/// `failure_kind::decode`). Out come whole messages: alone, or as events. Notes
/// where it is in `place`, if there is one.
std::unique_ptr<reply_reader>
upstream_reader(std::uint64_t id, std::shared_ptr<stream_place> place = {});

} // namespace caisson::protocol::mcp
