// The first byte cuts the rest, which is a chunked body and what follows it.

#include "protocol/http/chunked.hpp"

#include <charconv>

#include "tests/fuzz/laws.hpp"

using namespace caisson;
using namespace caisson::fuzz;

namespace {

struct reading {
  std::string data;
  std::size_t consumed = 0;
  bool done = false;
  std::string_view refused;

  bool operator==(const reading&) const = default;
};

void feed(http::chunk_decoder& decoder, std::string_view input, reading& so) {
  while (!input.empty() && !decoder.done() && !decoder.refused()) {
    auto step = decoder.next(input);
    must(step.consumed > 0 && step.consumed <= input.size(),
         "each step reads on, and never beyond its input");
    must(within(step.data, input.substr(0, step.consumed)),
         "data is a view of what was consumed");
    so.data += step.data;
    so.consumed += step.consumed;
    input.remove_prefix(step.consumed);
  }
  so.done = decoder.done();
  if (auto why = decoder.refused())
    so.refused = why->reason;
}

reading read(std::string_view body, std::uint8_t knob) {
  http::chunk_decoder decoder;
  reading so;
  each_piece(body, knob, [&](std::string_view piece) {
    if (!so.done && so.refused.empty())
      feed(decoder, piece, so);
  });
  return so;
}

/// The grammar again, on the whole body and without haste.
class reference {
public:
  explicit reference(std::string_view body) : rest_{body}, size_{body.size()} {}

  /// Whether there is a whole body; what it is.
  bool read(reading& so) {
    for (;;) {
      std::uint64_t size = 0;
      if (!size_line(size))
        return false;
      if (size == 0)
        break;
      // Not `size + 2`: a size may be 2^64 - 1.
      if (rest_.size() < 2 || size > rest_.size() - 2
          || rest_.substr(size, 2) != "\r\n")
        return false;
      so.data += rest_.substr(0, size);
      rest_.remove_prefix(size + 2);
      fair += 2 * size;
    }
    auto before = rest_.size();
    std::string_view text;
    do {
      if (!line(text) || !(text.empty() || trailer(text)))
        return false;
    } while (!text.empty());
    so.consumed = size_ - rest_.size();
    so.done = true;
    return before - rest_.size() <= http::chunk_decoder::max_trailers;
  }

  std::size_t framing = 0; ///< bytes of size lines
  std::size_t fair = 0;    ///< and what the chunks excuse

private:
  /// A line of text that ends in CRLF.
  bool line(std::string_view& text) {
    auto end = rest_.find_first_of(
      std::string_view{"\0\1\2\3\4\5\6\7\10\12\13\14\15\16\17\20\21\22\23\24\25"
                       "\26\27\30\31\32\33\34\35\36\37\177",
                       32});
    if (end == rest_.npos || rest_.substr(end, 2) != "\r\n")
      return false;
    text = rest_.substr(0, end);
    rest_.remove_prefix(end + 2);
    return true;
  }

  bool size_line(std::uint64_t& size) {
    std::string_view text;
    if (!line(text) || text.size() + 2 > http::chunk_decoder::max_line)
      return false;
    framing += text.size() + 2;
    fair += 16; // of each line, the last one's too
    auto digits = text.substr(0, text.find(';'));
    if (digits.empty() || digits.size() > 16)
      return false;
    auto [end, error]
      = std::from_chars(digits.data(), digits.data() + digits.size(), size, 16);
    return error == std::errc{} && end == digits.data() + digits.size();
  }

  static bool trailer(std::string_view text) {
    auto colon = text.find(':');
    return colon != text.npos && colon > 0
           && std::all_of(text.begin(), text.begin() + colon, http::token_char);
  }

  std::string_view rest_;
  std::size_t size_;
};

void must_agree(const reading& ours, std::string_view body) {
  reading theirs;
  reference reader{body};
  auto whole = reader.read(theirs);
  must(!ours.done || (whole && ours == theirs),
       "what is accepted is a chunked body with that data and that end");
  must(!whole || ours.done
         || ours.refused == "the body has more framing than data",
       "what is a chunked body is accepted, unless it has too much framing");
  constexpr std::size_t spare = http::chunk_decoder::max_overhead;
  must(!ours.done || reader.framing <= reader.fair + spare,
       "framing is never much more than the data it frames");
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data,
                                      std::size_t size) {
  input in{data, size};
  auto whole = read(in.text, 0);
  must(whole.data.size() <= whole.consumed, "no more comes out than went in");
  must(!(whole.done && !whole.refused.empty()), "done or refused, not both");
  must(whole.done || !whole.refused.empty() || whole.consumed == in.text.size(),
       "what is neither done nor refused has read everything");
  must(whole == read(in.text, in.knob), "the same however it is cut");
  must_agree(whole, in.text);
  if (!whole.done)
    return 0;
  std::string again;
  http::append_chunk(again, whole.data);
  again += http::last_chunk;
  auto copy = read(again, in.knob);
  must(copy.done && copy.data == whole.data && copy.consumed == again.size(),
       "what we write we read back");
  return 0;
}
