#include "protocol/sse.hpp"

#include <random>
#include <tuple>
#include <vector>

#include "tests/support/catch.hpp"

using namespace caisson;
using namespace caisson::protocol;

namespace {

using event = std::pair<std::string, std::string>; // name, data

struct outcome_of_run {
  std::vector<event> events;
  std::string raw;
};

void drain(sse_decoder& decoder, outcome_of_run& into) {
  sse_event event;
  for (;;) {
    auto more = decoder.next(event);
    REQUIRE(more.has_value());
    if (!*more)
      return;
    into.raw += event.raw;
    if (event.has_data)
      into.events.emplace_back(event.name, event.data);
  }
}

outcome_of_run run(std::string_view text, std::vector<std::size_t> cuts = {}) {
  sse_decoder decoder;
  outcome_of_run result;
  cuts.push_back(text.size());
  std::size_t from = 0;
  for (auto to : cuts) {
    std::string piece{text.substr(from, to - from)};
    decoder.feed(piece);
    drain(decoder, result);
    from = to;
  }
  return result;
}

std::vector<event> events_of(std::string_view text) {
  return run(text).events;
}

const std::vector<std::string> corpus = {
  "data: one\n\n",
  "data: {\"a\":1}\n\ndata: {\"b\":2}\n\ndata: [DONE]\n\n",
  "event: ping\ndata: {}\n\nevent: done\r\ndata:x\r\n\r\n",
  "data: cr\r\rdata: two\rdata: lines\r\r\n\ndata: mixed\n\r\n",
  "\xEF\xBB\xBF"
  "data: after the mark\n\n",
  ": comment\n\n:\n\ndata: x\n: y\ndata: z\n\n",
  "data\n\ndata:\ndata\n\ndata:  two blanks\n\n",
  "id: 7\nretry: 10\nunknown: x\ndata: y\n\n\n\n\ndata: z\n\n",
  "data: a\n\ndata: never ended\n",
  "\r\n\r\ndata: \xE4\xBD\xA0\xE5\xA5\xBD\r\n\r\ndata: b\r\n\r\n",
};

} // namespace

TEST_CASE("an event is its name and its data") {
  CHECK(events_of("data: one\n\n") == std::vector<event>{{"", "one"}});
  CHECK(events_of("event: e\ndata:two\n\n")
        == std::vector<event>{{"e", "two"}});
  CHECK(events_of("data:  x\n\n") == std::vector<event>{{"", " x"}});
}

TEST_CASE("an event may say by which id and when it is taken up") {
  sse_decoder decoder;
  sse_event event;
  decoder.feed("id: 7\nretry: 100\ndata: x\n\nid\ndata: y\n\ndata: z\n\n");
  REQUIRE(decoder.next(event).value());
  CHECK(event.id == "7");
  CHECK(event.retry == "100");
  REQUIRE(decoder.next(event).value());
  CHECK(event.id == "");
  REQUIRE(decoder.next(event).value());
  CHECK_FALSE(event.id);
  CHECK(event.retry.empty());
}

TEST_CASE("lines end in LF, CR or CRLF") {
  for (std::string end : {"\n", "\r", "\r\n"}) {
    auto text = "event: e" + end + "data: a" + end + "data: b" + end + end
                + "data: c" + end + end;
    CHECK(events_of(text) == std::vector<event>{{"e", "a\nb"}, {"", "c"}});
  }
}

TEST_CASE("lines of data are joined, empty ones too") {
  CHECK(events_of("data: a\ndata\ndata: b\ndata:\n\n")
        == std::vector<event>{{"", "a\n\nb\n"}});
  CHECK(events_of("data\ndata\n\n") == std::vector<event>{{"", "\n"}});
  CHECK(events_of("data\n\n") == std::vector<event>{{"", ""}});
}

TEST_CASE("comments, unknown fields and blocks of no data are no events") {
  CHECK(events_of(": hi\n\nid: 1\n\nevent: lonely\n\n\n\n").empty());
  CHECK(events_of("datax: a\n\n data: b\n\n").empty());
}

TEST_CASE("a byte order mark is skipped at the start and only there") {
  CHECK(events_of("\xEF\xBB\xBF"
                  "data: a\n\n")
        == std::vector<event>{{"", "a"}});
  CHECK(events_of("data: a\n\n\xEF\xBB\xBF"
                  "data: b\n\n")
        == std::vector<event>{{"", "a"}});
}

TEST_CASE("an event that the end cuts off is none") {
  sse_decoder decoder;
  sse_event event;
  decoder.feed("data: a\n");
  CHECK_FALSE(*decoder.next(event));
  CHECK(decoder.partial());
  decoder.feed("\n");
  CHECK(*decoder.next(event));
  CHECK(event.data == "a");
  CHECK_FALSE(*decoder.next(event));
  CHECK_FALSE(decoder.partial());
}

TEST_CASE("a whole event is a view of what was fed") {
  std::string text = "data: {\"a\":1}\n\ndata: b\n\n";
  sse_decoder decoder;
  sse_event event;
  decoder.feed(text);
  REQUIRE(*decoder.next(event));
  CHECK(event.raw.data() == text.data());
  CHECK(event.data.data() == text.data() + 6);
}

TEST_CASE("every split of a stream gives the same events and bytes") {
  for (auto& text : corpus) {
    INFO(text);
    auto whole = run(text);
    REQUIRE(text.starts_with(whole.raw));
    std::vector<std::size_t> every;
    for (std::size_t at = 0; at < text.size(); ++at) {
      every.push_back(at);
      for (auto second = at; second <= text.size(); ++second) {
        auto split = run(text, {at, second});
        REQUIRE(split.events == whole.events);
        REQUIRE(split.raw == whole.raw);
      }
    }
    CHECK(run(text, every).events == whole.events);
  }
}

TEST_CASE("random streams of line ends are the same however split") {
  std::mt19937 random{7};
  constexpr std::string_view letters[]
    = {"\n", "\r", "\r\n", "data: x", "data", ":c", "event: e"};
  for (int round = 0; round < 500; ++round) {
    std::string text;
    for (int i = 0; i < 24; ++i)
      text += letters[random() % std::size(letters)];
    auto whole = run(text);
    std::vector<std::size_t> every(text.size());
    for (std::size_t at = 0; at < text.size(); ++at)
      every[at] = at;
    auto split = run(text, every);
    REQUIRE(split.events == whole.events);
    REQUIRE(split.raw == whole.raw);
  }
}

TEST_CASE("an event over the limit is a fault, whole or in pieces") {
  auto large = "data: " + std::string(100, 'x') + "\n\n";
  sse_event event;
  sse_decoder whole{64};
  whole.feed(large);
  auto verdict = whole.next(event);
  REQUIRE(verdict.has_error());
  CHECK(verdict.error().code == errc::llm_error);
  CHECK(verdict.error().kind == failure_kind::too_large);

  sse_decoder pieces{64};
  bool refused = false;
  for (std::size_t at = 0; at < large.size() && !refused; ++at) {
    pieces.feed(std::string_view{large}.substr(at, 1));
    auto more = pieces.next(event);
    refused = more.has_error();
    if (refused)
      CHECK(at == 64);
  }
  CHECK(refused);
}

TEST_CASE("a feed of nothing but line ends is read in linear time") {
  std::string text;
  for (int i = 0; i < 300'000; ++i)
    text += "x\r\r";
  CHECK(run(text).raw.size() == text.size());
}
