#pragma once

#include <cstdint>

namespace caisson::protocol {

/// In what an error is told to a client: where its SDKs look for one.
enum class envelope : std::uint8_t {
  openai,
  anthropic,
  json_rpc, ///< MCP: ours is the `data` of a JSON-RPC error
};

} // namespace caisson::protocol
