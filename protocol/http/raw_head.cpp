// The half of strict.hpp that looks at bytes before they mean anything.
// Hot: it sees every byte of every head once, so names go through a table and
// values eight bytes at a time.

#include <array>
#include <bit>
#include <cstring>

#include "protocol/http/strict.hpp"

namespace caisson::http {
namespace {

constexpr auto bare_lf = bad_request("a line ends in LF without CR");
constexpr auto bare_cr = bad_request("there is a CR without LF");
constexpr auto control
  = bad_request("there is a control character in the head");
constexpr auto truncated
  = bad_request("the head does not end in an empty line");
constexpr auto trailing
  = bad_request("there are bytes after the end of the head");
constexpr auto folded = bad_request("a field is folded over two lines");
constexpr auto no_name = bad_request("a field has no name");
constexpr auto bad_name = bad_request("a field name is malformed");
constexpr auto underscore = bad_request("a field name has an underscore");
constexpr auto bad_request_line = bad_request("the request line is malformed");
constexpr auto bad_status_line = bad_request("the status line is malformed");
constexpr refusal other_version{505, errc::validation_failed,
                                "only HTTP/1.0 and HTTP/1.1 are spoken here"};
enum kind : unsigned char { none = 0, token = 1, low_line = 2 };

constexpr auto kinds = [] {
  std::array<unsigned char, 256> table{};
  for (unsigned char c : std::string_view{"!#$%&'*+-.^`|~"})
    table[c] = token;
  for (unsigned c = '0'; c <= '9'; ++c)
    table[c] = token;
  for (unsigned c = 'a'; c <= 'z'; ++c)
    table[c] = table[c - 'a' + 'A'] = token;
  table['_'] = token | low_line;
  return table;
}();

constexpr unsigned kind_of(char c) noexcept {
  return kinds[static_cast<unsigned char>(c)];
}

constexpr bool is_control(char c) noexcept {
  auto code = static_cast<unsigned char>(c);
  return (code < 0x20 && code != '\t') || code == 0x7f;
}

/// Marks bytes below 0x20 (HTAB, too) and DEL by their top bit. Exact for the
/// lowest marked byte; higher ones may be marked by its borrow.
constexpr std::uint64_t suspects(std::uint64_t word) noexcept {
  constexpr std::uint64_t ones = ~std::uint64_t{0} / 255;
  constexpr std::uint64_t tops = ones * 0x80;
  auto no_del = word ^ (ones * 0x7f);
  return (((word - ones * 0x20) & ~word) | ((no_del - ones) & ~no_del)) & tops;
}

/// Takes the next line off `rest`, which is known to be clean up to `from`.
const refusal* take_line(std::string_view& rest, std::size_t from,
                         std::string_view& line) noexcept {
  auto end = find_control(rest, from);
  if (end == rest.size())
    return &truncated;
  if (rest[end] != '\r')
    return rest[end] == '\n' ? &bare_lf : &control;
  if (!rest.substr(end + 1).starts_with('\n'))
    return &bare_cr;
  line = rest.substr(0, end);
  rest.remove_prefix(end + 2);
  return nullptr;
}

/// Why what follows a field name is not a colon.
const refusal* explain_name(std::string_view rest, std::size_t end) noexcept {
  if (end == 0 && (rest[0] == ' ' || rest[0] == '\t'))
    return &folded;
  return end == 0 && rest[0] == ':' ? &no_name : &bad_name;
}

const refusal* check_fields(std::string_view rest,
                            unsigned forbidden) noexcept {
  std::string_view line;
  while (!rest.empty() && rest[0] != '\r' && rest[0] != '\n') {
    unsigned seen = none;
    std::size_t end = 0;
    for (; end < rest.size() && kind_of(rest[end]) != none; ++end)
      seen |= kind_of(rest[end]);
    if (end == rest.size())
      return &truncated;
    if (end == 0 || rest[end] != ':')
      return explain_name(rest, end);
    if ((seen & forbidden) != 0)
      return &underscore;
    if (auto why = take_line(rest, end, line))
      return why;
  }
  if (auto why = take_line(rest, 0, line))
    return why;
  return rest.empty() ? nullptr : &trailing;
}

/// `HTTP/1.0` or `HTTP/1.1`, exactly.
const refusal* check_version(std::string_view text,
                             const refusal& malformed) noexcept {
  auto digit
    = [&](std::size_t at) { return text[at] >= '0' && text[at] <= '9'; };
  if (text.size() != 8 || !text.starts_with("HTTP/") || !digit(5)
      || text[6] != '.' || !digit(7))
    return &malformed;
  return text[5] == '1' && text[7] <= '1' ? nullptr : &other_version;
}

const refusal* check_request_line(std::string_view line) noexcept {
  auto method = line.find(' ');
  auto target = line.rfind(' ');
  if (method == line.npos || method == 0 || target <= method + 1)
    return &bad_request_line;
  for (auto c : line.substr(0, method))
    if (kind_of(c) == none)
      return &bad_request_line;
  // No fragment goes over the wire, and what is not ASCII or has a space in it
  // is read differently by every server.
  for (auto c : line.substr(method + 1, target - method - 1))
    if (c <= ' ' || c == '#')
      return &bad_request_line;
  return check_version(line.substr(target + 1), bad_request_line);
}

const refusal* check_request(std::string_view head) noexcept {
  if (head.starts_with("\r\n"))
    head.remove_prefix(2);
  std::string_view line;
  if (auto why = take_line(head, 0, line))
    return why;
  if (auto why = check_request_line(line))
    return why;
  return check_fields(head, low_line);
}

const refusal* check_reply(std::string_view head) noexcept {
  std::string_view line;
  if (auto why = take_line(head, 0, line))
    return why;
  if (auto why = check_version(line.substr(0, 8), bad_status_line))
    return why;
  return check_fields(head, none);
}

} // namespace

bool token_char(char c) noexcept {
  return kind_of(c) != none;
}

std::size_t find_control(std::string_view text, std::size_t from) noexcept {
  auto at = from;
  for (; at + 8 <= text.size(); at += 8) {
    std::uint64_t word;
    std::memcpy(&word, text.data() + at, 8);
    auto marks = suspects(word);
    if (marks == 0)
      continue;
    if constexpr (std::endian::native == std::endian::little) {
      auto first = at + static_cast<std::size_t>(std::countr_zero(marks)) / 8;
      if (is_control(text[first]))
        return first;
    }
    // A tab, or not a little-endian machine.
    for (std::size_t i = at; i < at + 8; ++i)
      if (is_control(text[i]))
        return i;
  }
  for (; at < text.size(); ++at)
    if (is_control(text[at]))
      return at;
  return text.size();
}

verdict check_raw_head(std::string_view head) noexcept {
  auto why = check_request(head);
  return why ? verdict{*why} : verdict{};
}

verdict check_raw_reply_head(std::string_view head) noexcept {
  auto why = check_reply(head);
  return why ? verdict{bad_reply(why->reason)} : verdict{};
}

bool safe_field_value(std::string_view value) noexcept {
  return find_control(value) == value.size();
}

} // namespace caisson::http
