#include "protocol/http/chunked.hpp"

#include <algorithm>
#include <charconv>

namespace caisson::http {
namespace {

constexpr unsigned max_digits = 16;
constexpr unsigned no_digit = 16;

/// from_chars is not for single characters, isxdigit asks the locale.
constexpr unsigned hex_value(char c) noexcept {
  if (c >= '0' && c <= '9')
    return static_cast<unsigned>(c - '0');
  auto lower = static_cast<char>(c | 0x20);
  return lower >= 'a' && lower <= 'f' ? static_cast<unsigned>(lower - 'a') + 10
                                      : no_digit;
}

bool is_text(char c) noexcept {
  return find_control({&c, 1}) == 1;
}

} // namespace

//            ;            CR            LF, size > 0     size bytes
//   size ──► extension ──► size_lf ──► data ──────────► data_cr ► data_lf ┐
//   ▲  └────── CR ─────────┘   │ LF, size 0                               │
//   └──────────────────────────┼──────────────────────────────────────────┘
//                              ▼            CR          LF
//        ┌───────────► trailer_start ──► last_lf ──► done
//        │ LF                  │ token
//   trailer_lf ◄ trailer_value ◄ trailer_name          any other byte: refused

chunk_decoder::step chunk_decoder::next(std::string_view input) noexcept {
  std::size_t at = 0;
  while (at < input.size() && state_ != state::data && state_ != state::done
         && state_ != state::refused)
    take(input[at++]);
  if (state_ != state::data)
    return {at, {}};
  auto size = static_cast<std::size_t>(
    std::min<std::uint64_t>(left_, input.size() - at));
  left_ -= size;
  if (left_ == 0)
    state_ = state::data_cr;
  return {at + size, input.substr(at, size)};
}

verdict chunk_decoder::refused() const noexcept {
  if (state_ != state::refused)
    return {};
  return bad_request(reason_);
}

void chunk_decoder::take(char c) noexcept {
  switch (state_) {
    case state::size:
      return take_size(c);
    case state::extension:
      return take_extension(c);
    case state::size_lf:
      expect(c, '\n', left_ > 0 ? state::data : state::trailer_start);
      return state_ == state::refused ? void() : end_of_size_line();
    case state::data_cr:
      return expect(c, '\r', state::data_lf);
    case state::data_lf:
      return expect(c, '\n', state::size);
    case state::last_lf:
      return expect(c, '\n', state::done);
    case state::data:
    case state::done:
    case state::refused:
      return;
    default:
      return take_trailer(c);
  }
}

void chunk_decoder::take_size(char c) noexcept {
  auto value = hex_value(c);
  if (value != no_digit) {
    // 16 digits fill 64 bits: the count alone keeps `left_` from overflowing.
    if (++digits_ > max_digits)
      return refuse("a chunk size has too many digits");
    left_ = left_ << 4 | value;
    ++line_;
    return;
  }
  if (digits_ == 0 || (c != ';' && c != '\r'))
    return refuse("a chunk size is not a hexadecimal number");
  ++line_;
  state_ = c == ';' ? state::extension : state::size_lf;
}

void chunk_decoder::take_extension(char c) noexcept {
  if (++line_ >= max_line)
    return refuse("a chunk size line is too long");
  if (c == '\r')
    state_ = state::size_lf;
  else if (!is_text(c))
    refuse("a chunk extension has a control character");
}

void chunk_decoder::end_of_size_line() noexcept {
  overhead_ += static_cast<std::int64_t>(line_) + 1;
  // Fair is a line of 16 bytes, and data twice over; sizes beyond any real
  // chunk are cut off so that the sum cannot overflow.
  auto fair = 16 + 2 * std::min<std::uint64_t>(left_, max_overhead);
  overhead_
    = std::max<std::int64_t>(0, overhead_ - static_cast<std::int64_t>(fair));
  if (overhead_ > max_overhead)
    refuse("the body has more framing than data");
  line_ = 0;
  digits_ = 0;
}

void chunk_decoder::take_trailer(char c) noexcept {
  if (++line_ >= max_trailers)
    return refuse("the trailers are too long");
  switch (state_) {
    case state::trailer_start:
      if (c == '\r')
        state_ = state::last_lf;
      else if (token_char(c))
        state_ = state::trailer_name;
      else
        refuse("a trailer has no name");
      return;
    case state::trailer_name:
      if (c == ':')
        state_ = state::trailer_value;
      else if (!token_char(c))
        refuse("a trailer name is malformed");
      return;
    case state::trailer_value:
      if (c == '\r')
        state_ = state::trailer_lf;
      else if (!is_text(c))
        refuse("a trailer has a control character");
      return;
    default:
      return expect(c, '\n', state::trailer_start);
  }
}

void chunk_decoder::expect(char c, char wanted, state then) noexcept {
  if (c == wanted)
    state_ = then;
  else
    refuse("a line of the chunked body does not end in CRLF");
}

void chunk_decoder::refuse(std::string_view reason) noexcept {
  state_ = state::refused;
  reason_ = reason;
}

void append_chunk_header(std::string& out, std::uint64_t size) {
  char digits[max_digits];
  auto end = std::to_chars(digits, digits + max_digits, size, 16).ptr;
  out.append(digits, end).append(chunk_end);
}

void append_chunk(std::string& out, std::string_view data) {
  if (data.empty())
    return;
  append_chunk_header(out, data.size());
  out.append(data).append(chunk_end);
}

} // namespace caisson::http
