#pragma once

#include <chrono>
#include <cstddef>
#include <deque>
#include <map>

#include "protocol/mcp/session_id.hpp"

namespace caisson::protocol::mcp {

/// The key of a session, see `session::key`.
using session_key = decltype(session::key);

/// Sessions that have ended before their time. Their ids would still open, so
/// this is remembered until they expire by themselves; of more than `most` the
/// one that was ended first is forgotten, whose id then opens again: a bound of
/// memory, and nothing that its client could not have by a new session.
class ended_sessions {
public:
  explicit ended_sessions(std::size_t most) : most_{most} {}

  void end(const session_key& which, std::chrono::sys_seconds expires,
           std::chrono::sys_seconds now);

  bool ended(const session_key& which) const {
    return ended_.find(which) != ended_.end();
  }

  std::size_t size() const noexcept { return ended_.size(); }

private:
  std::size_t most_;
  std::map<session_key, std::chrono::sys_seconds> ended_;
  std::deque<session_key> order_; ///< of those in `ended_`
};

} // namespace caisson::protocol::mcp
