#include "server/upstream/request_head.hpp"

#include <algorithm>
#include <array>
#include <charconv>

#include "protocol/http/strict.hpp"

namespace caisson::upstream {
namespace {

/// Ours alone, or never to be said to an upstream.
constexpr auto reserved_names = std::to_array<std::string_view>({
  "host",
  "content-length",
  "transfer-encoding",
  "connection",
  "expect",
  "upgrade",
  "te",
  "trailer",
});

bool visible(char c) noexcept {
  return c > 0x20 && c < 0x7f;
}

bool lower_hex(std::string_view text, std::size_t size) noexcept {
  return text.size() == size
         && text.find_first_not_of("0123456789abcdef") == text.npos;
}

bool well_formed_line(std::string_view line) noexcept {
  auto colon = line.find(':');
  if (colon == line.npos || colon == 0 || !http::safe_field_value(line))
    return false;
  auto name = line.substr(0, colon);
  return std::all_of(name.begin(), name.end(), http::token_char)
         && std::none_of(
           reserved_names.begin(), reserved_names.end(),
           [name](auto each) { return http::iequals(name, each); });
}

bool well_formed_fields(std::string_view fields) noexcept {
  while (!fields.empty()) {
    auto end = fields.find("\r\n");
    if (end == fields.npos || !well_formed_line(fields.substr(0, end)))
      return false;
    fields.remove_prefix(end + 2);
  }
  return true;
}

} // namespace

bool well_formed(const protocol::upstream_request& what) noexcept {
  return what.target.starts_with('/')
         && std::all_of(what.target.begin(), what.target.end(), visible)
         && well_formed_fields(what.fields);
}

bool usable_key(std::string_view api_key) noexcept {
  return std::all_of(api_key.begin(), api_key.end(), visible);
}

void compose_head(const origin& where, const protocol::upstream_request& what,
                  const call& from, std::string& out) {
  out.assign(what.verb).append(" ");
  out.append(where.base_path).append(what.target);
  out.append(" HTTP/1.1\r\nHost: ").append(where.host_field);
  out.append("\r\nUser-Agent: caisson/" CAISSON_VERSION "\r\n"
             "Accept-Encoding: identity\r\n");
  out.append(what.fields);
  if (lower_hex(from.trace_id, 32) && lower_hex(from.span_id, 16)) {
    out.append("traceparent: 00-").append(from.trace_id);
    out.append("-").append(from.span_id).append("-01\r\n");
  }
  std::size_t size = 0;
  for (auto& piece : what.body)
    size += piece.size();
  if (size == 0 && what.verb != "POST") {
    out.append("\r\n");
    return;
  }
  char digits[20];
  auto [end, ec] = std::to_chars(digits, digits + sizeof(digits), size);
  out.append("Content-Length: ").append(digits, end).append("\r\n\r\n");
}

} // namespace caisson::upstream
