#pragma once

#include <atomic>
#include <cstddef>
#include <map>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "protocol/mcp/ended_sessions.hpp"
#include "protocol/mcp/log_level.hpp"

namespace caisson {

/// What this process remembers of sessions beside what stands in their ids, for
/// all threads: which have ended, what their clients want to hear of, which
/// have their stream. All of it is bounded, and none of it is missed by another
/// node or after a restart but for the end.
class session_register {
public:
  using key = protocol::mcp::session_key;
  using time = std::chrono::sys_seconds;

  bool ended(const key& which) const;
  void end(const key& which, time expires, time now);

  /// Notes that a session wants to hear of changes of a resource. False: so
  /// many do that there is no room.
  bool subscribe(const key& who, std::string_view uri, time expires, time now);
  void unsubscribe(const key& who, std::string_view uri);
  bool wants(const key& who, std::string_view uri) const;
  std::vector<std::string> uris(const key& who) const;

  /// The same for a stream that is no session's, as long as it lasts.
  void heed(const std::vector<std::string>& uris);
  void ignore(const std::vector<std::string>& uris);

  /// Whether anybody wants to hear of it.
  bool wanted(const std::string& uri) const;

  /// Whether since this was last asked somebody has lost interest in anything.
  bool interest_lost() noexcept { return lost_.exchange(false); }

  /// From which level on a session hears of the logs of servers. Forgotten
  /// where there is no room.
  void set_level(const key& who, protocol::mcp::log_level level, time expires,
                 time now);
  std::optional<protocol::mcp::log_level> level(const key& who) const;

  enum class place : std::uint8_t {
    taken,
    twice, ///< the session has its stream
    full,
  };

  struct seat {
    session_register::place how = place::full;
    std::uint64_t number = 0; ///< of one that is taken
  };

  /// A place for a stream, of a session where it is one's: `leave` gives it
  /// back. `again`: the session's client has lost the stream that it has, so
  /// this one is to be in its place.
  seat take(const key* who, std::size_t most, bool again = false);
  void leave(const key* who, std::uint64_t seat);
  std::size_t streams() const;

private:
  struct wishes {
    std::set<std::string, std::less<>> uris;
    std::optional<protocol::mcp::log_level> level;
    time expires;
  };

  /// Nothing: there is no room.
  wishes* wishes_of(const key& who, time expires, time now);

  static constexpr std::size_t most_ended = 100'000;
  static constexpr std::size_t most_subscribed = 10'000;

  mutable std::mutex lock_;
  protocol::mcp::ended_sessions ended_{most_ended};
  std::map<key, wishes> wishes_;
  std::multiset<std::string> heeded_;
  std::atomic<bool> lost_{false};
  std::map<key, std::uint64_t> streaming_; ///< the seat of each
  std::uint64_t last_seat_ = 0;
  std::size_t streams_ = 0;
};

} // namespace caisson
