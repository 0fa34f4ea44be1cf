#include "protocol/mcp/standard_headers.hpp"

#include <algorithm>

#include "protocol/base64.hpp"
#include "protocol/http/trimmed.hpp"
#include "protocol/json/write.hpp"

namespace caisson::protocol::mcp {
namespace {

constexpr std::string_view opening = "=?base64?";
constexpr std::string_view closing = "?=";

std::optional<rpc_error> check_name(std::string_view header,
                                    const std::string& named) {
  const auto decoded = decode_header(header);
  if (!decoded)
    return header_mismatch("Mcp-Name is not well-formed.");
  if (*decoded != named)
    return header_mismatch("Mcp-Name names another than the body.");
  return std::nullopt;
}

} // namespace

std::optional<std::string> decode_header(std::string_view value) {
  value = http::trimmed(value);
  if (value.size() >= opening.size() + closing.size()
      && value.starts_with(opening) && value.ends_with(closing)) {
    value.remove_prefix(opening.size());
    value.remove_suffix(closing.size());
    auto text = decode_base64(value);
    if (!text || json::valid_utf8(*text) != *text)
      return std::nullopt;
    return text;
  }
  if (std::any_of(value.begin(), value.end(),
                  [](char c) { return (c < ' ' && c != '\t') || c > '~'; }))
    return std::nullopt;
  return std::string{value};
}

std::string encode_header(std::string_view text) {
  const auto plain = std::all_of(text.begin(), text.end(),
                                 [](char c) { return c >= ' ' && c <= '~'; })
                     && http::trimmed(text) == text
                     && !(text.starts_with(opening) && text.ends_with(closing));
  if (plain)
    return std::string{text};
  std::string wrapped{opening};
  append_base64(wrapped, text);
  return wrapped += closing;
}

std::optional<rpc_error> check_headers(const standard_headers& headers,
                                       const message& from,
                                       const request_params& params) {
  if (!headers.carried || from.kind != message_kind::request)
    return std::nullopt;
  if (!headers.protocol_version)
    return header_mismatch("MCP-Protocol-Version is missing.");
  if (!headers.method)
    return header_mismatch("Mcp-Method is missing.");
  if (http::trimmed(*headers.method) != from.method)
    return header_mismatch("Mcp-Method names another than the body.");
  const auto* row = find_method(from.method);
  if (!row || row->named_by == name_source::none)
    return std::nullopt;
  const auto& named = params.named(row->named_by);
  // Without a name the body is wrong, and whoever serves it says so.
  if (!named)
    return std::nullopt;
  if (!headers.name)
    return header_mismatch("Mcp-Name is missing.");
  return check_name(*headers.name, *named);
}

} // namespace caisson::protocol::mcp
