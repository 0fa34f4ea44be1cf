#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "protocol/mcp/error.hpp"

namespace caisson::protocol::mcp {

enum class message_kind : std::uint8_t {
  request,      ///< method and id: one answer is owed
  notification, ///< method alone: none is
  response,     ///< to a request of ours
};

/// One JSON-RPC 2.0 message. Views point into the body it was read from.
struct message {
  message_kind kind = message_kind::request;
  /// A string or an integer as it stands in the body, so that it is echoed
  /// byte for byte. Empty for a notification.
  std::string_view id;
  std::string method; ///< unescaped; empty for a response
  /// The object as it stands in the body; empty when there is none.
  std::string_view params;
  std::string_view result; ///< of a response that succeeded
  std::string_view error;  ///< the object, of one that failed
};

/// What one POST carries.
struct post_body {
  std::vector<message> messages; ///< never empty
  bool batch = false;            ///< it was an array
};

/// The most messages in one array.
inline constexpr std::size_t largest_batch = 100;
/// The longest id, in bytes of JSON. An id is held and echoed; nobody needs
/// more.
inline constexpr std::size_t longest_id = 256;

/// Reads a body strictly, with the limits of `json::strict_reader`: no key
/// twice at any depth, 64 levels, numbers within range, UTF-8, no byte order
/// mark. No JSON, or one too deep, is `parse_error`; JSON with a key twice or
/// that is no message of JSON-RPC 2.0 is `invalid_request`: another version,
/// an id that is neither string nor integer, params that are no object (MCP
/// names its parameters; arrays are no use), both result and error, a member
/// of another kind of message. Members that JSON-RPC does not know are passed
/// over. A refusal carries the id of a single message if that much was sound.
///
/// An array is read element by element; one that is no message spoils all.
/// Whether arrays are welcome is the era's business (era.hpp).
///
/// Grows the capacity of `body` as `strict_reader::read` does; its bytes stay.
checked<post_body> read_body(std::string& body);

} // namespace caisson::protocol::mcp
