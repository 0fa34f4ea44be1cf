#include "protocol/json/write.hpp"

#include <array>
#include <charconv>
#include <cstring>

#include <simdjson.h>

namespace caisson::protocol::json {
namespace {

constexpr auto must_escape = [] {
  std::array<bool, 256> table{};
  for (std::size_t c = 0; c < 0x20; ++c)
    table[c] = true;
  table['"'] = true;
  table['\\'] = true;
  return table;
}();

void append_escape(std::string& out, unsigned char c) {
  constexpr std::string_view hex = "0123456789abcdef";
  constexpr std::string_view plain = "\"\\\b\f\n\r\t";
  constexpr std::string_view letter = "\"\\bfnrt";
  out += '\\';
  if (auto at = plain.find(static_cast<char>(c)); at != plain.npos) {
    out += letter[at];
    return;
  }
  out += "u00";
  out += hex[c >> 4];
  out += hex[c & 15];
}

template <class T>
void append_decimal(std::string& out, T value) {
  std::array<char, 24> digits;
  auto end
    = std::to_chars(digits.data(), digits.data() + digits.size(), value).ptr;
  out.append(digits.data(), end);
}

constexpr std::uint64_t eight(unsigned char c) {
  return 0x0101010101010101U * c;
}

/// Whether none of eight bytes must be escaped. Bytes borrow from their upper
/// neighbours only where one below is found, so the answer is exact.
bool all_plain(const char* bytes) noexcept {
  std::uint64_t x = 0;
  std::memcpy(&x, bytes, sizeof x);
  auto zero_in = [](std::uint64_t y) { return (y - eight(1)) & ~y; };
  auto control = (x - eight(0x20)) & ~x;
  return ((control | zero_in(x ^ eight('"')) | zero_in(x ^ eight('\\')))
          & eight(0x80))
         == 0;
}

/// Where the next one is that must be escaped: most texts have few or none.
std::size_t next_escape(std::string_view text, std::size_t at) noexcept {
  while (at + 8 <= text.size() && all_plain(text.data() + at))
    at += 8;
  while (at < text.size() && !must_escape[static_cast<unsigned char>(text[at])])
    ++at;
  return at;
}

} // namespace

void append_escaped(std::string& out, std::string_view text) {
  std::size_t from = 0;
  for (auto at = next_escape(text, 0); at < text.size();
       at = next_escape(text, from)) {
    out.append(text, from, at - from);
    append_escape(out, static_cast<unsigned char>(text[at]));
    from = at + 1;
  }
  out.append(text, from);
}

void append_string(std::string& out, std::string_view text) {
  out += '"';
  append_escaped(out, text);
  out += '"';
}

void append_number(std::string& out, std::int64_t value) {
  append_decimal(out, value);
}

void append_number(std::string& out, std::uint64_t value) {
  append_decimal(out, value);
}

std::string valid_utf8(std::string_view text) {
  std::string result{text};
  if (simdjson::validate_utf8(text.data(), text.size()))
    return result;
  for (auto& c : result)
    if (static_cast<unsigned char>(c) >= 0x80)
      c = '?';
  return result;
}

std::string& object_writer::key(std::string_view key) {
  if (!empty_)
    out_ += ',';
  empty_ = false;
  out_ += '"';
  out_ += key;
  out_ += "\":";
  return out_;
}

} // namespace caisson::protocol::json
