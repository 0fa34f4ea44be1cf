#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "protocol/mcp/message.hpp"
#include "protocol/mcp/params.hpp"

namespace caisson::protocol::mcp {

/// The headers of a POST that say again what the body says. Nothing for one
/// that did not come; the white space around a value does not matter.
struct standard_headers {
  std::optional<std::string_view> protocol_version; ///< MCP-Protocol-Version
  std::optional<std::string_view> method;           ///< Mcp-Method
  std::optional<std::string_view> name;             ///< Mcp-Name
  /// False: the wire has no headers, and nothing is said twice.
  bool carried = true;
};

/// The text that a header stands for. What cannot be sent as it is comes as
/// `=?base64?…?=`; everything else is literal. Nothing if what is wrapped is
/// no Base64, or no UTF-8, or if a literal has characters beyond printable
/// ASCII.
std::optional<std::string> decode_header(std::string_view value);

/// The value of a header that stands for that text: as it is, or wrapped.
std::string encode_header(std::string_view text);

/// Holds the headers of a modern request against its body: the method, and
/// the name, URI or task that the body names. Both must be there and equal,
/// case included. Notifications are not held to it: nothing says that they
/// have these headers.
std::optional<rpc_error> check_headers(const standard_headers& headers,
                                       const message& from,
                                       const request_params& params);

} // namespace caisson::protocol::mcp
