#include "protocol/mcp/ended_sessions.hpp"

namespace caisson::protocol::mcp {

void ended_sessions::end(const session_key& which,
                         std::chrono::sys_seconds expires,
                         std::chrono::sys_seconds now) {
  if (most_ == 0 || !ended_.emplace(which, expires).second)
    return;
  order_.push_back(which);
  // Those in front were ended first, and mostly expire first: whatever is left
  // behind one that lives longer goes with the bound.
  while (order_.size() > most_ || ended_.at(order_.front()) <= now) {
    ended_.erase(order_.front());
    order_.pop_front();
    if (order_.empty())
      return;
  }
}

} // namespace caisson::protocol::mcp
