// How the next provider's stream appears to the client.
#include "protocol/continuation.hpp"
#include "tests/protocol/streams.hpp"
#include "tests/support/catch.hpp"

using namespace caisson;
using namespace caisson::protocol;

namespace {

const std::string role = chunk(R"({"role":"assistant","content":""})");
const std::string hello = chunk(R"({"content":"Hel"})");
const std::string done = "data: [DONE]\n\n";
const std::string mark = R"({"degraded":"stream_failover","provider":"b"})";

/// An event of the second provider's, of a dialect that passes through.
std::string theirs(std::string_view choices, std::string_view more = "") {
  std::string out = R"(data: {"id":"other","object":"chat.completion.chunk",)"
                    R"("created":99,"model":"second","choices":)";
  return out.append(choices).append(more) + "}\n\n";
}

/// It as the client sees it.
std::string ours(std::string_view choices, std::string_view more = "") {
  std::string out = R"(data: {"id":"chatcmpl-1","object":)"
                    R"("chat.completion.chunk","created":7,"model":"first",)"
                    R"("choices":)";
  return out.append(choices).append(more) + "}\n\n";
}

std::string delta(std::string_view json, std::string_view finish = "null") {
  std::string out = R"([{"index":0,"delta":)";
  return out.append(json).append(R"(,"finish_reason":)").append(finish) + "}]";
}

std::unique_ptr<reply_reader> after(const std::string& so_far,
                                    std::string_view vendor = "openai",
                                    bool wants_usage = false) {
  auto made = continuation::read(so_far, asked());
  REQUIRE(made.has_value());
  return made->reader(reader_of(vendor, wants_usage), "b");
}

std::string said_for(const std::string& reply,
                     const std::string& so_far = role + hello) {
  auto reader = after(so_far);
  auto step = reader->feed(reply);
  REQUIRE(step.has_value());
  return std::string{step->out};
}

} // namespace

TEST_CASE("the rest from another wire is the first stream's") {
  auto rest = all_of(*after(role + hello, "anthropic"),
                     golden("anthropic/stream_text.reply.sse"));
  CHECK(rest
        == chunk(R"({"content":"Hel"})") + chunk(R"({"content":"lo\n\"you\""})")
             + ours(delta("{}", R"("stop")"), R"(,"caisson":)" + mark) + done);
}

TEST_CASE("the rest from a wire that passes through is the first stream's") {
  auto extra = R"(,"logprobs":{"content":[{"token":"l","logprob":-0.50}]})";
  auto choice = [&](std::string_view finish) {
    return R"([{"index":0,"delta":{"content":"lo"})" + std::string{extra}
           + R"(,"finish_reason":)" + std::string{finish} + "}]";
  };
  auto more = R"(,"system_fingerprint":"fp","usage":null)";
  CHECK(said_for(theirs(choice("null"), more)) == ours(choice("null"), more));
  CHECK(
    said_for(theirs(choice(R"("stop")"), more))
    == ours(choice(R"("stop")"), std::string{more} + R"(,"caisson":)" + mark));
}

TEST_CASE("a role that the client knows is not said again") {
  CHECK(said_for(theirs(delta(R"({"role":"assistant"})"))).empty());
  CHECK(said_for(
          theirs(delta(R"({"role":"assistant","content":"","refusal":null})")))
          .empty());
  CHECK(said_for(theirs(delta(R"({"role":"assistant","content":"lo"})")))
        == ours(delta(R"({"content":"lo"})")));
  CHECK(said_for(theirs(delta(R"({"role":"assistant"})", R"("stop")")))
        == ours(delta("{}", R"("stop")"), R"(,"caisson":)" + mark));
  auto usage = R"(,"usage":{"prompt_tokens":1})";
  CHECK(said_for(theirs(delta(R"({"role":"assistant"})"), usage))
        == ours(delta("{}"), usage));
}

TEST_CASE("a role that the client does not know is said once") {
  auto reader = after(hello);
  auto first = theirs(delta(R"({"role":"assistant","content":""})"));
  CHECK(reader->feed(first)->out == role);
  CHECK(reader->feed(first)->out.empty());
}

TEST_CASE("what the first stream never said is said by the second") {
  auto bare = R"(data: {"choices":[{"delta":{"role":"assistant","content":)"
              R"("Hel"}}]})"
              "\n\n";
  auto said = said_for(theirs(delta(R"({"content":"lo"})")), bare);
  CHECK(said
        == R"(data: {"object":"chat.completion.chunk","id":"other",)"
           R"("created":99,"model":"second","choices":)"
             + delta(R"({"content":"lo"})") + "}\n\n");
}

TEST_CASE("events without text keep their place") {
  CHECK(said_for(": alive\r\n\r\n") == ": alive\n\n");
  CHECK(said_for("\r\n\n").empty());
  auto choices = R"([],"usage":{"prompt_tokens":3,"completion_tokens":4})";
  auto reader = after(role + hello, "openai", true);
  CHECK(reader->feed(theirs(choices))->out == ours(choices));
  CHECK(reader->usage().input == 3);
}

TEST_CASE("an event of several lines becomes one of one") {
  CHECK(said_for("data: {\"choices\":[{\"index\":0,\ndata:  \"delta\":\n"
                 "data: {\"content\":\"l\\no\"}}],\ndata: \"x\":[1,\n"
                 "data: 2]}\n\n")
        == ours(R"([{"index":0,"delta":{"content":"l\no"}}],"x":[1, 2])"));
}

TEST_CASE("tools may be called by the one that goes on") {
  auto reader = after(role + hello, "anthropic");
  auto rest = all_of(*reader, golden("anthropic/stream_tools_usage.reply.sse"));
  auto facts = facts_of(role + hello + rest);
  CHECK(facts.well_formed);
  CHECK(facts.calls == 5);
  CHECK(facts.text == "HelOkay");
  CHECK(facts.finishes == std::vector<std::string>{"tool_calls"});
}

TEST_CASE("a stream that ends without a reason says who went on") {
  CHECK(said_for(theirs(delta(R"({"content":"lo"})")) + done)
        == ours(delta(R"({"content":"lo"})"))
             + ours("[]", R"(,"caisson":)" + mark) + done);
}

TEST_CASE("the mark of another node gives way to ours") {
  auto other = R"(,"caisson":{"degraded":"stream_failover","provider":"x"})";
  CHECK(said_for(theirs(delta("{}", R"("stop")"), other))
        == ours(delta("{}", R"("stop")"), R"(,"caisson":)" + mark));
}

TEST_CASE("the name of a provider is written as JSON") {
  auto made = continuation::read(role + hello, asked());
  auto reader = made->reader(reader_of("openai"), "a \"b\"");
  auto facts = facts_of(reader->feed(theirs(delta("{}", R"("stop")")))->out);
  REQUIRE(facts.marks.size() == 1);
  CHECK(facts.marks[0]
        == R"({"degraded":"stream_failover","provider":"a \"b\""})");
}

TEST_CASE("a token is one of the stream that goes on") {
  auto reader = after(role + hello);
  auto first = reader->feed(theirs(delta(R"({"role":"assistant"})")));
  CHECK_FALSE(first->has_token);
  CHECK_FALSE(reader->feed(": alive\n\n")->has_token);
  auto token = reader->feed(theirs(delta(R"({"content":"lo"})")));
  CHECK(token->has_token);
  CHECK_FALSE(token->done);
  auto end = reader->feed(theirs(delta("{}", R"("stop")")) + done);
  CHECK(end->has_token);
  CHECK(end->done);
}

TEST_CASE("nothing follows the end") {
  auto reader = after(role + hello);
  CHECK(reader->feed(theirs(delta("{}", R"("stop")")) + done)->done);
  CHECK(reader->feed(theirs(delta(R"({"content":"x"})")) + done)->out.empty());
  CHECK(reader->close()->out.empty());
}

TEST_CASE("an error of the one that goes on is a fault") {
  for (auto vendor : {"openai", "anthropic"}) {
    auto reader = after(role + hello, vendor);
    auto step = reader->feed(
      "data: {\"type\":\"error\",\"error\":{\"type\":\"overloaded_error\"}}"
      "\n\n");
    REQUIRE(step.has_error());
    CHECK(step.error().kind == failure_kind::overloaded);
  }
}

TEST_CASE("a stream that breaks off again is a fault") {
  for (auto vendor : {"openai", "anthropic", "google"}) {
    auto reader = after(role + hello, vendor);
    auto last = reader->close();
    REQUIRE(last.has_error());
    CHECK(last.error().kind == failure_kind::eof);
  }
}

TEST_CASE("an event that cannot be read is a fault") {
  auto reader = after(role + hello);
  for (auto choices : {"[1]", "[{\"delta\":{\"content\":}}]"}) {
    auto step = after(role + hello)->feed(theirs(choices));
    REQUIRE(step.has_error());
    CHECK(step.error().kind == failure_kind::decode);
  }
}

TEST_CASE("a reply that is no stream is the provider's own") {
  auto reader = after(role + hello);
  auto reply = golden("openai/text.reply.json");
  CHECK(reader->whole(reply)->body == reply);
}
