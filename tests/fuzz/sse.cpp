// The first byte cuts the rest, which is a stream of events.

#include "protocol/sse.hpp"

#include "tests/fuzz/laws.hpp"
#include "tests/fuzz/sse_reference.hpp"

using namespace caisson;
using namespace caisson::fuzz;
using protocol::sse_decoder;
using protocol::sse_event;

namespace {

struct reading {
  std::string raw; ///< of all events
  std::vector<told> events;
  bool partial = false;
  bool too_large = false;
};

void feed(sse_decoder& decoder, std::string_view bytes, std::size_t limit,
          reading& so) {
  decoder.feed(bytes);
  sse_event event;
  for (;;) {
    auto more = decoder.next(event);
    so.too_large = !more;
    if (!more)
      return must_be_safe(more.error());
    if (!*more)
      return;
    must(!event.raw.empty() && event.raw.size() <= limit,
         "a block has bytes, within the limit");
    must(event.raw.ends_with('\n') || event.raw.ends_with('\r'),
         "a block ends with its empty line");
    must(event.has_data || event.data.empty(), "no data without a data line");
    so.raw += event.raw;
    if (event.has_data)
      so.events.push_back({std::string{event.name}, std::string{event.data}});
  }
}

reading read(std::string_view stream, std::uint8_t knob, std::size_t limit) {
  sse_decoder decoder{limit};
  reading so;
  each_piece(stream, knob, [&](std::string_view piece) {
    if (!so.too_large)
      feed(decoder, piece, limit, so);
  });
  so.partial = decoder.partial();
  return so;
}

/// A block over the limit ends everything; before it nothing changes.
void must_respect(std::size_t limit, std::string_view stream, std::uint8_t knob,
                  const reading& all) {
  auto some = read(stream, knob, limit);
  must(all.raw.starts_with(some.raw), "a limit changes no block before it");
  must(
    some.events.size() <= all.events.size()
      && std::equal(some.events.begin(), some.events.end(), all.events.begin()),
    "a limit changes no event before it");
  must(some.too_large || some.events.size() == all.events.size(),
       "without a word nothing is lost to a limit");
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data,
                                      std::size_t size) {
  input in{data, size};
  auto limit = sse_decoder::default_limit;
  auto whole = read(in.text, 0, limit);
  if (whole.too_large)
    return 0;
  must(in.text.starts_with(whole.raw), "blocks are the stream itself");
  must(whole.partial == (whole.raw.size() < in.text.size()),
       "what is in no block is held back");
  auto cut = read(in.text, in.knob, limit);
  must(cut.raw == whole.raw && cut.events == whole.events
         && cut.partial == whole.partial,
       "the same however it is cut");
  auto told = read_events(in.text);
  must(whole.events == told.events, "events are what the standard says");
  must_respect(64, in.text, in.knob, whole);
  return 0;
}
