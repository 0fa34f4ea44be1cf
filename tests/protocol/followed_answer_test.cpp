#include "protocol/followed_answer.hpp"

#include <algorithm>

#include "protocol/completion_assembly.hpp"
#include "protocol/sse.hpp"
#include "tests/protocol/streams.hpp"
#include "tests/support/catch.hpp"

using namespace caisson;
using namespace caisson::protocol;

namespace {

constexpr token_usage counted{5, 6, 2, true};

constexpr std::string_view counted_text
  = R"({"prompt_tokens":5,"completion_tokens":6,"total_tokens":11,"prompt_tokens_details":{"cached_tokens":2}})";

/// In the golden streams.
constexpr std::string_view golden_usage
  = R"({"prompt_tokens":19,"completion_tokens":10,"total_tokens":29,"prompt_tokens_details":{"cached_tokens":4}})";

const std::string done = "data: [DONE]\n\n";

std::string replaced(std::string in, std::string_view what,
                     std::string_view by) {
  for (auto at = in.find(what); at != in.npos;
       at = in.find(what, at + by.size()))
    in.replace(at, what.size(), by);
  return in;
}

/// What a follower with the trace "t1" hears of events that come at once.
std::string heard(std::string_view events, bool usage = false) {
  return follow_answer("t1", usage, false)->more(events);
}

/// All that it hears of a stream, whose events come `at_once` at a time.
std::string followed(std::string_view stream, bool usage,
                     const token_usage& took = counted,
                     std::size_t at_once = 1) {
  auto it = follow_answer("t1", usage, false);
  auto events = events_of(stream);
  std::string out;
  for (std::size_t i = 0; i < events.size(); i += at_once) {
    // A text of its own, so that a view kept too long is seen by ASan.
    std::string some;
    for (auto k = i; k < std::min(i + at_once, events.size()); ++k)
      some += events[k];
    out += it->more(some);
  }
  return out + it->end(took);
}

bool has(std::string_view text, std::string_view what) {
  return text.find(what) != text.npos;
}

std::string whole(std::string_view stream) {
  completion_assembly it;
  it.feed(stream);
  it.counted(counted);
  CHECK(it.whole());
  return it.completion();
}

} // namespace

TEST_CASE("C8: a follower hears the other's chunks with an id of its own, all "
          "else byte for byte",
          "[followed_answer]") {
  for (auto path :
       {"openai/stream_tools.reply.sse", "openai/stream_text.reply.sse",
        "openai/stream_refusal.reply.sse", "openai/stream_tools.client.sse",
        "google/stream_tools_usage.client.sse",
        "anthropic/stream_text_usage.client.sse"}) {
    auto stream = golden(path);
    auto ids = facts_of(stream).ids;
    REQUIRE(ids.size() == 1);
    auto own = replaced(stream, '"' + *ids.begin() + '"', R"("chatcmpl-t1")");
    REQUIRE(own != stream);
    INFO(path);
    for (std::size_t at_once : {1, 2, 3, 100})
      CHECK(followed(stream, true, {}, at_once) == own);
  }
}

TEST_CASE("an id is told from what looks like one, wherever it stands",
          "[followed_answer]") {
  CHECK(heard("data: {\"choices\":[{\"id\":\"x-1\"}], \"id\" : \"x-1\" ,"
              "\"y\":\"\\\"id\\\":\\\"x-1\\\" \\u00e9\\n\"}\n\n")
        == "data: {\"choices\":[{\"id\":\"x-1\"}], \"id\" : \"x-t1\" ,"
           "\"y\":\"\\\"id\\\":\\\"x-1\\\" \\u00e9\\n\"}\n\n");
  CHECK(heard("data: {\"id\":\"a\\\"-1\",\"choices\":[]}\n\n")
        == "data: {\"id\":\"a\\\"-t1\",\"choices\":[]}\n\n");
  CHECK(heard("data: {\"id\":\"\",\"choices\":[]}\n\n")
        == "data: {\"id\":\"chatcmpl-t1\",\"choices\":[]}\n\n");
}

TEST_CASE("around its data an event stays as it came", "[followed_answer]") {
  CHECK(heard("event: x\r\ndata:{\"id\":\"x-1\",\"choices\":[]}\r\n"
              "id: 7\r\n: y\r\n\r\n")
        == "event: x\r\ndata:{\"id\":\"x-t1\",\"choices\":[]}\r\n"
           "id: 7\r\n: y\r\n\r\n");
}

TEST_CASE("an event may be larger than what a provider may say at once",
          "[followed_answer]") {
  auto large = chunk(R"({"content":")"
                     + std::string(sse_decoder::default_limit, 'x') + R"("})");
  CHECK(heard(large) == replaced(large, "chatcmpl-1", "chatcmpl-t1"));
}

TEST_CASE("data in several lines are one from here on", "[followed_answer]") {
  CHECK(heard("data: {\"id\":\"x-1\",\ndata: \"choices\":[]}\n\n")
        == "data: {\"id\":\"x-t1\", \"choices\":[]}\n\n");
}

TEST_CASE("comments and what is no chunk pass as they are",
          "[followed_answer]") {
  for (auto text :
       {": keep-alive\n\n", "event: x\n\n", "retry: 5\n\n", "data\n\n",
        "data: nonsense\n\n", "data: {\"id\":\"x-1\"\n\n", "data: 7\n\n",
        "data: [{\"id\":\"x-1\"}]\n\n", "data: {\"choices\":[]}\n\n",
        "data: {\"id\":7,\"choices\":[]}\n\n",
        "data: {\"error\":{\"message\":\"x\"}}\n\n"}) {
    INFO(text);
    CHECK(heard(text) == text);
    CHECK(heard(text + chunk("{}") + text)
          == text + replaced(chunk("{}"), "chatcmpl-1", "chatcmpl-t1") + text);
  }
}

TEST_CASE("the end is said once, and not before it", "[followed_answer]") {
  for (auto usage : {false, true}) {
    auto it = follow_answer("t1", usage, false);
    CHECK_FALSE(has(it->more(chunk("{}") + done + ": x\n\n"), "DONE"));
    CHECK(it->more(done).empty());
    CHECK(it->end({}) == done);
  }
  CHECK(follow_answer("t1", true, false)->end({}) == done);
}

TEST_CASE("a line end that the network cut shares the fate of its event",
          "[followed_answer]") {
  auto it = follow_answer("t1", false, false);
  CHECK(it->more("data: {\"id\":\"x-1\",\"choices\":[]}\r\n\r")
        == "data: {\"id\":\"x-t1\",\"choices\":[]}\r\n\r");
  CHECK(it->more("\n") == "\n");
  CHECK(it->more("data: {\"choices\":[],\"usage\":{}}\r\n\r").empty());
  CHECK(it->more("\n: x\n\ndata: [DONE]\r\n\r") == ": x\n\n");
  CHECK(it->more("\n").empty());
  CHECK(heard("\n") == "\n");
}

TEST_CASE("the usage is heard by those who asked for it, and once, whether or "
          "not the other did",
          "[followed_answer]") {
  auto asked = golden("openai/stream_usage_asked.client.sse");
  auto not_asked = golden("openai/stream_usage_injected.client.sse");
  REQUIRE(facts_of(asked).usages == 1);
  REQUIRE(facts_of(not_asked).usages == 0);
  for (auto wants : {false, true})
    for (auto& stream : {asked, not_asked})
      for (std::size_t at_once : {1, 100}) {
        INFO(stream);
        auto out = followed(stream, wants, counted, at_once);
        auto facts = facts_of(out);
        CHECK(facts.well_formed);
        CHECK(facts.usages == wants);
        CHECK(facts.ends == 1);
        CHECK(out.ends_with(done));
        CHECK(facts.ids == std::set<std::string>{"chatcmpl-t1"});
        CHECK(facts.times == facts_of(stream).times);
        CHECK(facts.models == facts_of(stream).models);
        CHECK(has(out, golden_usage) == (wants && stream == asked));
        CHECK(has(out, counted_text) == (wants && stream == not_asked));
      }
  CHECK(facts_of(followed(not_asked, true, {})).usages == 0);
}

TEST_CASE("a usage of the node's own is written as the stream's others are",
          "[followed_answer]") {
  const std::string first
    = R"({"id":"a-1","object":"chat.completion.chunk","created":0,"model":"","choices":[]})";
  const std::string last
    = R"({"id":"a-2","object":"chat.completion.chunk","created":7,"model":"m \"é\"","service_tier":"default","system_fingerprint":"fp","choices":[{"index":0,"delta":{},"finish_reason":"stop"}],"usage":null,"obfuscation":"xyz","caisson":{"degraded":"stream_failover"}})";
  for (auto* other : {"", "data: {\"error\":{\"message\":\"x\"}}\n\n"}) {
    auto it = follow_answer("t1", true, false);
    it->more("data: " + first + "\n\ndata: " + last + "\n\n" + other);
    CHECK(
      it->end(counted)
      == R"(data: {"id":"a-t1","object":"chat.completion.chunk","created":7,"model":"m \"é\"","service_tier":"default","system_fingerprint":"fp","choices":[],"usage":)"
           + std::string{counted_text} + "}\n\n" + done);
  }
  CHECK(follow_answer("t1", true, false)->end(counted) == done);
}

TEST_CASE("a chunk that says more than the usage is everybody's",
          "[followed_answer]") {
  const std::string both
    = R"(data: {"id":"a-t1","choices":[{"index":0,"delta":{},"finish_reason":"stop"}],"usage":{"prompt_tokens":1}})"
      "\n\n";
  const std::string filter
    = R"(data: {"id":"a-t1","choices":[],"prompt_filter_results":[]})"
      "\n\n";
  for (auto wants : {false, true}) {
    auto it = follow_answer("t1", wants, false);
    CHECK(it->more(filter + both) == filter + both);
    CHECK(it->end(counted) == done);
  }
}

TEST_CASE("what is followed is, put together, what the other heard",
          "[followed_answer]") {
  for (auto path :
       {"openai/stream_tools.client.sse", "openai/stream_text.client.sse",
        "openai/stream_refusal.client.sse",
        "google/stream_tools_usage.client.sse",
        "anthropic/stream_tools_usage.client.sse"}) {
    INFO(path);
    auto stream = golden(path);
    auto id = '"' + *facts_of(stream).ids.begin() + '"';
    CHECK(whole(followed(stream, true))
          == replaced(whole(stream), id, R"("chatcmpl-t1")"));
  }
}

TEST_CASE("events of another dialect pass as they are", "[followed_answer]") {
  for (auto path :
       {"anthropic/stream_text.reply.sse", "anthropic/stream_text.client.sse"})
    for (auto wants : {false, true}) {
      auto stream = golden(path);
      auto it = follow_answer("t1", wants, true);
      CHECK(it->more(stream) == stream);
      CHECK(it->end(counted).empty());
    }
}
