#include "protocol/mcp/event_stream.hpp"

#include <array>
#include <charconv>

namespace caisson::protocol::mcp {
namespace {

void append_hex(std::string& out, std::uint64_t value) {
  std::array<char, 16> digits;
  const auto end
    = std::to_chars(digits.data(), digits.data() + digits.size(), value, 16)
        .ptr;
  out.append(digits.data(), end);
}

bool read_hex(std::string_view text, std::uint64_t& value) noexcept {
  const auto* const end = text.data() + text.size();
  const auto [at, failed] = std::from_chars(text.data(), end, value, 16);
  return failed == std::errc{} && at == end;
}

void append_id(std::string& out, event_id id) {
  ((out += "id: ") += to_string(id)) += '\n';
}

} // namespace

std::string to_string(event_id id) {
  std::string text;
  append_hex(text, id.stream);
  text += '-';
  append_hex(text, id.event);
  return text;
}

std::optional<event_id> read_event_id(std::string_view text) noexcept {
  const auto dash = text.find('-');
  event_id result;
  if (dash == text.npos || !read_hex(text.substr(0, dash), result.stream)
      || !read_hex(text.substr(dash + 1), result.event)
      || to_string(result) != text)
    return std::nullopt;
  return result;
}

void append_event(std::string& out, std::string_view data,
                  std::optional<event_id> id) {
  out += "event: message\n";
  if (id)
    append_id(out, *id);
  for (std::size_t from = 0; from <= data.size();) {
    const auto to = std::min(data.find_first_of("\r\n", from), data.size());
    if (to > from || data.empty())
      ((out += "data: ") += data.substr(from, to - from)) += '\n';
    from = to + 1;
  }
  out += '\n';
}

void append_priming(std::string& out, event_id id,
                    std::chrono::milliseconds retry) {
  ((out += "retry: ") += std::to_string(retry.count())) += '\n';
  append_id(out, id);
  out += "data: \n\n";
}

} // namespace caisson::protocol::mcp
