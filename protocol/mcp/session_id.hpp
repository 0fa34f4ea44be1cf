#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "protocol/mcp/client_features.hpp"
#include "protocol/mcp/revision.hpp"
#include "protocol/mcp/sealer.hpp"

namespace caisson::protocol::mcp {

/// A legacy session. All that is to be known of it stands, sealed, in its id:
/// every node serves it, and a restart loses none.
struct session {
  /// 128 random bits: what is kept about a session, for as long as it is (its
  /// streams, its end), is kept under this.
  std::array<std::uint8_t, 16> key{};
  revision spoken = latest_legacy;
  client_features client;
  std::chrono::sys_seconds expires; ///< from then on there is no such session

  bool operator==(const session&) const = default;
};

/// The value of Mcp-Session-Id. It opens only for the same `principal`: who
/// finds or steals the id of another has nothing.
std::string seal_session(const session& what, std::string_view principal,
                         const sealer& with, const sealing_salt& salt);

/// The session of that id. Nothing if the id is forged, changed, somebody
/// else's, sealed by a secret that is no more, or expired.
std::optional<session> open_session(std::string_view id,
                                    std::string_view principal,
                                    const sealer& with,
                                    std::chrono::sys_seconds now);

} // namespace caisson::protocol::mcp
