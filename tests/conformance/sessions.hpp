#pragma once

#include <condition_variable>
#include <cstdint>
#include <map>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "protocol/mcp/event_stream.hpp"
#include "protocol/mcp/session_id.hpp"

namespace caisson::conformance {

/// What one process remembers of legacy sessions beside their ids: what it
/// asked their clients, which events a client may come back for, which
/// sessions have ended.
class sessions {
public:
  using key = decltype(protocol::mcp::session::key);

  /// The id of a request to the client.
  std::string next_ask();
  /// The client's answer to it, JSON of `result`; nothing after 20 s.
  std::optional<std::string> wait_for(const key& of, const std::string& ask);
  void answered(const key& of, std::string_view ask, std::string_view result);

  std::uint64_t next_stream();
  /// Keeps an event that its stream can no longer carry.
  void keep(const key& of, protocol::mcp::event_id id, std::string message);
  /// What was kept of a stream after that event, once there is something.
  std::vector<std::pair<protocol::mcp::event_id, std::string>>
  wait_after(const key& of, protocol::mcp::event_id last);

  void end(const key& which);
  bool ended(const key& which);

private:
  std::mutex mutex_;
  std::condition_variable changed_;
  std::uint64_t asks_ = 0;
  std::uint64_t streams_ = 0;
  std::map<std::pair<key, std::string>, std::string> answers_;
  std::map<key, std::vector<std::pair<protocol::mcp::event_id, std::string>>>
    kept_;
  std::set<key> ended_;
};

} // namespace caisson::conformance
