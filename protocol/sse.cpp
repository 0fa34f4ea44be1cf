#include "protocol/sse.hpp"

#include <algorithm>
#include <cstring>
#include <utility>

namespace caisson::protocol {
namespace {

constexpr auto npos = std::string_view::npos;

/// Offset of `c` in [from, to), or `to`.
std::size_t seek(std::string_view in, char c, std::size_t from,
                 std::size_t to) noexcept {
  if (from >= to)
    return to;
  auto at = std::memchr(in.data() + from, c, to - from);
  return at ? static_cast<std::size_t>(static_cast<const char*>(at) - in.data())
            : to;
}

/// Takes the first line off `rest`, without its end.
std::string_view take_line(std::string_view& rest) noexcept {
  auto lf = seek(rest, '\n', 0, rest.size());
  auto end = seek(rest, '\r', 0, lf);
  auto line = rest.substr(0, end);
  auto crlf
    = end + 1 < rest.size() && rest[end] == '\r' && rest[end + 1] == '\n';
  rest.remove_prefix(std::min(rest.size(), end + (crlf ? 2 : 1)));
  return line;
}

} // namespace

void sse_decoder::feed(std::string_view bytes) noexcept {
  input_ = bytes;
  at_ = lf_ = cr_ = 0;
}

bool sse_decoder::partial() const noexcept {
  return !held_is_out_ && !held_.empty();
}

/// Walks on to the end of the block; false if it is not in `input_`.
bool sse_decoder::find_end() {
  const auto in = input_;
  const auto size = in.size();
  if (after_cr_ && at_ < size) {
    after_cr_ = false;
    if (in[at_] == '\n') {
      ++at_;
      // The block had ended at the CR: its LF goes alone, as a block of no
      // data, so that what is forwarded is what came.
      if (line_is_empty_ && held_.empty())
        return true;
    }
  }
  while (at_ < size) {
    if (in[at_] != '\n' && in[at_] != '\r') {
      line_is_empty_ = false;
      if (lf_ <= at_)
        lf_ = seek(in, '\n', at_, size);
      if (cr_ <= at_)
        cr_ = seek(in, '\r', at_, lf_);
      at_ = std::min(lf_, cr_);
      continue;
    }
    auto blank = std::exchange(line_is_empty_, true);
    if (in[at_++] == '\r') {
      if (at_ == size)
        after_cr_ = true;
      else if (in[at_] == '\n')
        ++at_;
    }
    if (blank)
      return true;
  }
  return false;
}

result<bool> sse_decoder::next(sse_event& event) {
  if (held_is_out_) {
    held_.clear();
    held_is_out_ = false;
  }
  auto begin = at_;
  auto whole = find_end();
  auto piece = input_.substr(begin, at_ - begin);
  if (held_.size() + piece.size() > limit_)
    return make_fault(errc::llm_error, failure_kind::too_large,
                      "an event of the stream is too large");
  if (!whole) {
    held_ += piece;
    return false;
  }
  if (held_.empty()) {
    parse(piece, event);
  } else {
    held_ += piece;
    held_is_out_ = true;
    parse(held_, event);
  }
  return true;
}

void sse_decoder::parse(std::string_view block, sse_event& event) {
  event = {};
  event.raw = block;
  std::size_t lines = 0;
  if (std::exchange(first_block_, false) && block.starts_with("\xEF\xBB\xBF"))
    block.remove_prefix(3);
  while (!block.empty()) {
    auto line = take_line(block);
    auto colon = line.find(':');
    auto field = line.substr(0, colon);
    auto value = colon == npos ? std::string_view{} : line.substr(colon + 1);
    if (value.starts_with(' '))
      value.remove_prefix(1);
    if (field == "event") {
      event.name = value;
    } else if (field == "id") {
      // As the standard has it: one with a zero byte is none.
      if (value.find('\0') == npos)
        event.id = value;
    } else if (field == "retry") {
      event.retry = value;
    } else if (field == "data") {
      event.has_data = true;
      if (++lines == 1) {
        event.data = value;
        continue;
      }
      if (lines == 2)
        joined_ = event.data;
      joined_ += '\n';
      joined_ += value;
      event.data = joined_;
    }
  }
}

} // namespace caisson::protocol
