#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "protocol/mcp/client_features.hpp"
#include "protocol/mcp/message.hpp"
#include "protocol/mcp/revision.hpp"

// How the node introduces itself to an upstream server, and what comes of it.

namespace caisson::protocol::mcp {

/// Asks for the revisions of a server, as a modern client does.
std::string write_discover_request(std::uint64_t id,
                                   std::string_view client_info);

/// Whether the answer to that is a modern server's, and of a revision that is
/// spoken here.
bool discovered(const message& answer);

/// Whether the answer refuses the revision that it was asked in and names one
/// that is spoken here: a modern server's, which is to be asked again.
bool wants_latest(const message& answer);

/// Begins a session, for clients that can be asked that much.
std::string write_initialize_request(std::uint64_t id, client_features client,
                                     std::string_view client_info);

/// The revision agreed on, out of the answer to that; nothing where it is none
/// that is spoken here.
std::optional<revision> agreed(const message& answer);

/// Sets the level from which on a session hears of the server's log.
std::string write_set_level(std::uint64_t id, std::string_view level);

/// Tells a server of a session that nobody waits for that request any more.
std::string write_cancelled(std::uint64_t id);

/// What a reply other than 200 says of the session that it was asked in.
enum class session_state : std::uint8_t {
  sound, ///< it answers the request: an error of its own
  lost,  ///< the server does not know it, or not any more
};

/// By status and body, of which a message is in `answer` if it is one.
session_state state_of(unsigned status, const message* answer,
                       std::uint64_t id) noexcept;

} // namespace caisson::protocol::mcp
