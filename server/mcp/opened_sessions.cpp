#include "server/mcp/opened_sessions.hpp"

#include <functional>

namespace caisson {

std::optional<protocol::mcp::session>
opened_sessions::open(std::string_view id, std::string_view principal,
                      const protocol::mcp::sealer& with, std::uint64_t version,
                      std::chrono::sys_seconds now) {
  auto& at = places_[std::hash<std::string_view>{}(id) % places_.size()];
  if (!id.empty() && at.id == id && at.principal == principal
      && at.version == version)
    return now < at.what.expires ? std::optional{at.what} : std::nullopt;
  auto found = protocol::mcp::open_session(id, principal, with, now);
  if (found && id.size() <= longest_id)
    at = {std::string{id}, std::string{principal}, version, *found};
  return found;
}

} // namespace caisson
