#include "protocol/completion_assembly.hpp"
#include "protocol/completion_replay.hpp"

#include <random>

#include "tests/protocol/streams.hpp"
#include "tests/support/catch.hpp"

// completion_assembly.hpp and completion_replay.hpp: one is the other's way
// back.

using namespace caisson;
using namespace caisson::protocol;

namespace {

std::string assembled(std::string_view stream, unsigned seed = 0) {
  completion_assembly it;
  std::mt19937 random{seed};
  while (!stream.empty()) {
    auto size = seed == 0
                  ? stream.size()
                  : std::min<std::size_t>(stream.size(), 1 + random() % 90);
    it.feed(stream.substr(0, size));
    stream.remove_prefix(size);
  }
  CHECK(it.whole());
  return it.completion();
}

std::string again(std::string_view completion) {
  auto made = replay(completion, "t1", true);
  REQUIRE(made);
  return *made;
}

std::string completion_of(std::string message, std::string finish = "stop",
                          std::string more = "") {
  return R"({"id":"chatcmpl-t1","object":"chat.completion","created":7,"model":"m")"
         + more + R"(,"choices":[{"index":0,"message":{"role":"assistant",)"
         + message + R"(},"logprobs":null,"finish_reason":")" + finish
         + R"("}],"usage":{"prompt_tokens":1,"completion_tokens":2,"total_tokens":3}})";
}

} // namespace

TEST_CASE("what is replayed and put together again is what it was",
          "[completion]") {
  for (
    auto& what :
    {completion_of(R"("content":"Hello  you,\nall of you. ","refusal":null)"),
     completion_of(R"("content":"","refusal":null)"),
     completion_of(R"("content":"é漢😀","refusal":null)"),
     completion_of(R"("content":null,"refusal":"No, never.")"),
     completion_of(
       R"("content":"So.","refusal":null,"reasoning_content":"I think of it.")"),
     completion_of(
       R"("content":null,"refusal":null,"tool_calls":[{"id":"c1","type":"function","function":{"name":"f","arguments":"{\"a\": 1}"}},{"id":"c2","type":"function","function":{"name":"g","arguments":""},"extra_content":{"google":{"x":"y"}}}])",
       "tool_calls"),
     completion_of(R"("content":"x","refusal":null)", "stop",
                   R"(,"service_tier":"default","system_fingerprint":"fp")")}) {
    INFO(what);
    CHECK(assembled(again(what)) == what);
    for (unsigned seed = 1; seed < 20; ++seed)
      CHECK(assembled(again(what), seed) == what);
  }
}

TEST_CASE("any text survives, cut into some hundred events at most",
          "[completion]") {
  std::mt19937 random{3};
  for (int round = 0; round < 200; ++round) {
    std::string text;
    for (auto size = random() % (round % 10 == 0 ? 20'000 : 200); size > 0;
         --size)
      text += std::string_view{"ab \\n.x "}[random() % 8] == '\\'
                ? std::string{"\\n"}
                : std::string(1, "ab n.x "[random() % 7]);
    auto what = completion_of(R"("content":")" + text + R"(","refusal":null)");
    auto stream = again(what);
    CHECK(assembled(stream) == what);
    CHECK(events_of(stream).size() <= 600);
  }
}

TEST_CASE("a replay is a stream as a vendor's: one id, one role, words, one "
          "end",
          "[completion]") {
  auto facts = facts_of(
    again(completion_of(R"("content":"one two three","refusal":null)")));
  CHECK(facts.well_formed);
  CHECK(facts.starts_with_role);
  CHECK(facts.ids == std::set<std::string>{"chatcmpl-t1"});
  CHECK(facts.times == std::set<std::int64_t>{7});
  CHECK(facts.roles == 1);
  CHECK(facts.text == "one two three");
  CHECK(facts.finishes == std::vector<std::string>{"stop"});
  CHECK(facts.usages == 1);
  CHECK(facts.ends == 1);
  auto quiet
    = replay(completion_of(R"("content":"x","refusal":null)"), "t", false);
  CHECK(facts_of(*quiet).usages == 0);
}

TEST_CASE("streams of the vendors are put together to their whole answers",
          "[completion]") {
  for (auto path :
       {"openai/stream_tools.reply.sse", "openai/stream_text.reply.sse",
        "openai/stream_refusal.reply.sse",
        "google/stream_tools_usage.client.sse"}) {
    INFO(path);
    completion_assembly it;
    auto stream = golden(path);
    it.feed(stream);
    CHECK(it.whole());
    CHECK(it.exact());
    auto facts = facts_of(again(it.completion()));
    CHECK(facts.well_formed);
    CHECK(facts.text == facts_of(stream).text);
    CHECK(facts.finishes == facts_of(stream).finishes);
  }
}

TEST_CASE("C6: what was cut off, filtered, continued elsewhere or is not one "
          "answer is told from the rest",
          "[completion]") {
  auto judge = [](std::string stream) {
    completion_assembly it;
    it.feed(stream);
    return std::pair{it.whole(), it.exact()};
  };
  auto done = std::string{"data: [DONE]\n\n"};
  auto text = chunk(R"({"content":"x"})");
  CHECK(judge(text + chunk("{}", R"("stop")") + done) == std::pair{true, true});
  CHECK(judge(text + chunk("{}", R"("length")") + done)
        == std::pair{true, false});
  CHECK(judge(text + chunk("{}", R"("content_filter")") + done)
        == std::pair{true, false});
  CHECK(judge(text + done) == std::pair{true, false});
  CHECK(judge(text + chunk("{}", R"("stop")")) == std::pair{false, false});
  for (auto odd :
       {R"({"choices":[{"index":1,"delta":{"content":"x"}}]})",
        R"({"choices":[],"caisson":{"degraded":"stream_failover"}})",
        R"({"choices":[{"index":0,"delta":{"audio":{"id":"x"}}}]})",
        R"({"choices":[],"extra_content":{"anthropic":{}}})", "nonsense"})
    CHECK_FALSE(
      judge(text + "data: " + odd + "\n\n" + chunk("{}", R"("stop")") + done)
        .first);
}

TEST_CASE("a stream that does not tell its usage has the provider's count",
          "[completion]") {
  completion_assembly it;
  it.feed(chunk(R"({"content":"x"})") + chunk("{}", R"("stop")")
          + "data: [DONE]\n\n");
  it.counted({5, 6, 2, true});
  CHECK(it.usage().output == 6);
  CHECK(it.completion().ends_with(
    R"("usage":{"prompt_tokens":5,"completion_tokens":6,"total_tokens":11,"prompt_tokens_details":{"cached_tokens":2}}})"));
}

TEST_CASE("C8: an answer given again differs in its id alone", "[completion]") {
  CHECK(
    with_id(R"({ "x":"chatcmpl-1", "id" : "chatcmpl-1","choices":[ ]})", "t")
    == R"({ "x":"chatcmpl-1", "id" : "chatcmpl-t","choices":[ ]})");
  CHECK(with_id(R"({"id":"chatcmpl-1","x":{"id":"chatcmpl-1"}})", "t")
        == R"({"id":"chatcmpl-t","x":{"id":"chatcmpl-1"}})");
  CHECK(with_id(R"({"id":"a\"_1","x":"\""})", "t")
        == R"({"id":"a\"_t","x":"\""})");
  CHECK(with_id(R"({"id":"","x":1})", "t") == R"({"id":"chatcmpl-t","x":1})");
  CHECK_FALSE(with_id(R"({"id":"chatcmpl-1)", "t"));
  CHECK(with_id(R"({"choices":[]})", "t") == R"({"choices":[]})");
  CHECK(with_id(R"({"id":null})", "t") == R"({"id":null})");
  CHECK_FALSE(with_id("nonsense", "t"));
  CHECK(fresh_id("chatcmpl-abc", "t") == "chatcmpl-t");
  CHECK(fresh_id("msg_01", "t") == "msg_t");
  CHECK(fresh_id("", "t") == "chatcmpl-t");
}

TEST_CASE("what is no completion of one choice is not replayed",
          "[completion]") {
  for (auto what :
       {"", "[]", "{}", R"({"choices":[]})", R"({"choices":[{}]})",
        R"({"choices":[{"message":{}},{"message":{}}]})",
        R"({"choices":[{"message":{"content":[{"type":"text"}]}}]})"})
    CHECK_FALSE(replay(what, "t", true));
}
