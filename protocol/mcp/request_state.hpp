#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

#include "protocol/mcp/error.hpp"
#include "protocol/mcp/sealer.hpp"

namespace caisson::protocol::mcp {

/// What a `requestState` is good for: the caller it was given to and what he
/// asked for, so that it is no key to another's request or another tool.
struct state_use {
  std::string_view principal;
  std::string_view method;
  std::string_view name; ///< of the tool, the prompt or the resource
};

/// Seals what a modern request needs to go on when the client comes again
/// with its answers. Any node can go on; nothing is stored.
std::string seal_state(std::string_view content, const state_use& use,
                       std::chrono::sys_seconds expires, const sealer& with,
                       const sealing_salt& salt);

/// The content, or `invalid_params`: the state comes back through the client,
/// who may have changed, kept or stolen it.
checked<std::string> open_state(std::string_view state, const state_use& use,
                                const sealer& with,
                                std::chrono::sys_seconds now);

} // namespace caisson::protocol::mcp
