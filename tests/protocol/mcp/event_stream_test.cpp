#include "protocol/mcp/event_stream.hpp"

#include "protocol/sse.hpp"
#include "tests/support/catch.hpp"

using namespace caisson::protocol::mcp;

TEST_CASE("an event id is read as it was written and in no other way",
          "[mcp]") {
  for (event_id id :
       {event_id{0, 0}, event_id{31, 3}, event_id{~0ULL, 1ULL << 63}})
    CHECK(read_event_id(to_string(id)) == id);
  CHECK(to_string({31, 3}) == "1f-3");
  for (auto text : {"", "-", "1", "1-", "-1", "01-1", "1F-1", "1-1-1", "1- 1",
                    "+1-1", "10000000000000000-0"}) {
    INFO(text);
    CHECK_FALSE(read_event_id(text));
  }
}

TEST_CASE("a message comes out of its event as it went in", "[mcp]") {
  std::string text;
  append_event(text, R"({"a":1})");
  CHECK(text == "event: message\ndata: {\"a\":1}\n\n");
  text.clear();
  append_event(text, "{\n \"a\":\r\n1}", event_id{1, 2});
  CHECK(text
        == "event: message\nid: 1-2\ndata: {\ndata:  \"a\":\ndata: 1}\n\n");
  caisson::protocol::sse_decoder decoder;
  decoder.feed(text);
  caisson::protocol::sse_event event;
  REQUIRE(decoder.next(event).value());
  CHECK(event.data == "{\n \"a\":\n1}");
}

TEST_CASE("a priming event has an id and no data", "[mcp]") {
  std::string text;
  append_priming(text, {1, 0}, std::chrono::milliseconds{500});
  CHECK(text == "retry: 500\nid: 1-0\ndata: \n\n");
  CHECK(keep_alive.starts_with(':'));
}
