#include "protocol/continuation.hpp"

#include "protocol/continuation_read.hpp"
#include "tests/protocol/streams.hpp"
#include "tests/support/catch.hpp"

using namespace caisson;
using namespace caisson::protocol;

namespace {

const std::string role = chunk(R"({"role":"assistant","content":""})");
const std::string hello = chunk(R"({"content":"Hel"})");
const std::string done = "data: [DONE]\n\n";

/// Where a stream cannot be taken up; empty where it can.
std::string trouble(std::string_view so_far, std::string_view more = "") {
  auto made = continuation::read(so_far, asked(more));
  if (made)
    return "";
  CHECK(made.error().code == errc::llm_error);
  CHECK(made.error().kind == failure_kind::eof);
  return made.error().detail;
}

} // namespace

TEST_CASE("what a stream has said is read from its events") {
  stream_so_far stream;
  CHECK(read_stream(role + hello + ": alive\n\n" + chunk(R"({"content":null})")
                      + chunk(R"({"content":"lo \"you\"","refusal":null})"),
                    stream)
        == "");
  CHECK(stream.id == R"("chatcmpl-1")");
  CHECK(stream.model == R"("first")");
  CHECK(stream.created == "7");
  CHECK(stream.text == R"(Hello \"you\")");
  CHECK(stream.has_role);
  CHECK_FALSE(stream.finished);
  CHECK_FALSE(stream.done);
  CHECK_FALSE(stream.half_line_end);
}

TEST_CASE("what the first chunk leaves open is read from a later one") {
  stream_so_far stream;
  CHECK(read_stream(
          R"(data: {"choices":[],"created":0,"id":"","model":"",)"
          R"("prompt_filter_results":[]})"
          "\n\n"
          R"(data: {"choices":[{"index":0,"delta":{"content":"x"}}],"id":"a"})"
          "\n\n",
          stream)
        == "");
  CHECK(stream.id == R"("a")");
  CHECK(stream.model.empty());
  CHECK(stream.created.empty());
  CHECK_FALSE(stream.has_role);
}

TEST_CASE("a stream of text can be taken up anywhere") {
  CHECK(trouble(role) == "");
  CHECK(trouble(role + hello) == "");
  CHECK(trouble(role + chunk(R"({"reasoning_content":"Hm"})")) == "");
  CHECK(trouble(role + chunk(R"({"content":null,"tool_calls":[]})")) == "");
}

TEST_CASE("what is begun and is no text cannot be taken up") {
  auto begun = [](auto delta) { return trouble(role + hello + chunk(delta)); };
  auto call = R"({"tool_calls":[{"index":0,"id":"c","function":{}}]})";
  CHECK(begun(call) == "the stream broke off within a tool call");
  CHECK(begun(R"({"function_call":{"name":"f","arguments":""}})")
        == "the stream broke off within a tool call");
  CHECK(begun(R"({"refusal":"I"})") == "the stream broke off within a refusal");
  CHECK(begun(R"({"audio":{"id":"a"}})")
        == "the stream broke off within audio");
  CHECK(begun(R"({"content":[{"type":"thinking"}]})")
        == "the stream broke off within an answer that is not text alone");
}

TEST_CASE("several choices cannot be taken up, be one of them finished") {
  auto second = R"(data: {"choices":[{"delta":{},"index":1}]})"
                "\n\n";
  CHECK(trouble(role + hello + second)
        == "the stream broke off among several choices");
  CHECK(trouble(role + hello, R"(,"n":2)")
        == "the stream broke off among several choices");
  CHECK(trouble(role + hello + chunk("{}", R"("stop")"), R"(,"n":2)")
        == "the stream broke off among several choices");
  CHECK(trouble(role + hello, R"(,"n":1)") == "");
  CHECK(trouble(role + hello, R"(,"n":null)") == "");
}

TEST_CASE("an answer that must be JSON is taken up only before it begins") {
  for (auto type : {"json_object", "json_schema", "later"}) {
    auto format = R"(,"response_format":{"type":")" + std::string{type} + "\"}";
    CHECK(trouble(role + hello, format)
          == "the stream broke off within an answer in JSON");
    CHECK(trouble(role, format) == "");
  }
  CHECK(trouble(role + hello, R"(,"response_format":{"type":"text"})") == "");
  CHECK(trouble(role + hello, R"(,"response_format":null)") == "");
}

TEST_CASE("what is no stream of this dialect cannot be taken up") {
  for (auto text :
       {"data: {\"type\":\"message_start\"}\n\n", "data: {\n\n", ": alive\n\n",
        "data: {\"choices\":{}}\n\n", "data: {\"choices\":[1]}\n\n"})
    CHECK(trouble(text)
          == "the stream broke off and what was sent cannot be read");
  CHECK(trouble(role + hello.substr(0, 20))
        == "the stream broke off within an event");
}

TEST_CASE("a finished stream lacks its end and nothing else") {
  auto finish = chunk("{}", R"("tool_calls")");
  auto usage = R"(data: {"id":"chatcmpl-1","object":"chat.completion.chunk",)"
               R"("created":7,"model":"first","choices":[],"usage":{}})"
               "\n\n";
  auto call = chunk(R"({"tool_calls":[{"index":0}]})");
  for (auto& so_far : {role + hello + finish, role + hello + finish + usage,
                       role + call + finish}) {
    auto made = continuation::read(so_far, asked());
    REQUIRE(made.has_value());
    CHECK(made->complete());
    CHECK(made->rest() == done);
    CHECK(facts_of(so_far + made->rest()).well_formed);
  }
  auto open = continuation::read(role + hello, asked());
  CHECK_FALSE(open->complete());
}

TEST_CASE("an end that was sent is not sent again") {
  auto made = continuation::read(role + hello + done, asked());
  REQUIRE(made.has_value());
  CHECK(made->complete());
  CHECK(made->rest().empty());
}

TEST_CASE("half of a line end is made a whole one") {
  auto cut = [](std::string event) {
    event.replace(event.size() - 2, 2, "\r\n\r");
    return event;
  };
  auto finished
    = continuation::read(role + cut(chunk("{}", R"("stop")")), asked());
  CHECK(finished->rest() == "\ndata: [DONE]\n\n");
  auto open = continuation::read(role + cut(hello), asked());
  auto reader = open->reader(reader_of("openai"), "b");
  CHECK(reader->feed(role)->out.empty());
  CHECK(reader->feed(hello)->out == "\n" + hello);
  CHECK(reader->feed(hello)->out == hello);
}
