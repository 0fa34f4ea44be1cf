#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "protocol/mcp/session_id.hpp"

namespace caisson {

/// Ids of sessions that were opened of late on one I/O thread, and what they
/// hold: opening one costs as much as all else about a short request. Nothing
/// is forgotten that mattered: what is not here is opened again. Bounded, 256
/// places; of two ids that want the same one the later stays.
class opened_sessions {
public:
  /// The session of that id for that principal, opened by `with`, which is
  /// the `version`-th of its kind: another opens everything anew.
  std::optional<protocol::mcp::session> open(std::string_view id,
                                             std::string_view principal,
                                             const protocol::mcp::sealer& with,
                                             std::uint64_t version,
                                             std::chrono::sys_seconds now);

private:
  struct place {
    std::string id; ///< empty: nobody's
    std::string principal;
    std::uint64_t version = 0;
    protocol::mcp::session what;
  };

  // An id of ours is shorter; what is longer is nobody's.
  static constexpr std::size_t longest_id = 512;

  std::array<place, 256> places_;
};

} // namespace caisson
