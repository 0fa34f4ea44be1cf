#pragma once

#include <cstddef>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "actors/routing_table.hpp"
#include "protocol/mcp/client_features.hpp"
#include "protocol/mcp/ended_sessions.hpp"

namespace caisson {

/// What clients of sessions may still speak of in other requests, on whichever
/// thread those come in: their calls under way at upstream servers, and what
/// these ask them meanwhile. It lasts as long as the call.
class call_register {
public:
  using key = protocol::mcp::session_key;

  struct running {
    std::size_t thread;
    std::uint64_t request; ///< its number on that thread
  };

  struct question {
    std::size_t thread; ///< where the server's session is known
    std::shared_ptr<const model_route> to;
    protocol::mcp::client_features client;
    /// Under which the server waits for the answer, JSON. Empty: it does not
    /// wait, the call is made again with it.
    std::string id;
    std::uint64_t request; ///< in which it was asked
  };

  void began(const key& who, std::string_view id, running what);
  void ended(const key& who, std::string_view id);
  std::optional<running> find(const key& who, std::string_view id) const;

  /// `id` is the one that the client is shown, JSON.
  void ask(const key& who, std::string_view id, question what);
  /// Takes it: there is one answer.
  std::optional<question> answered(const key& who, std::string_view id);

private:
  using name = std::pair<key, std::string>;

  mutable std::mutex lock_;
  std::map<name, running> running_;
  std::map<name, question> questions_;
};

} // namespace caisson
