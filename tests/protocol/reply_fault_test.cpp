#include <map>

#include "protocol/dialects/read.hpp"
#include "tests/support/catch.hpp"

using namespace caisson;
using namespace caisson::protocol;

namespace {

using factory = std::unique_ptr<reply_reader> (*)();

const std::map<std::string, factory> readers = {
  {"openai", [] { return read_openai(true); }},
  {"anthropic", [] { return read_anthropic("m", 1, true); }},
  {"google", [] { return read_google("m", 1, true); }},
};

fault whole_fault(const std::string& vendor, std::string_view body) {
  auto reply = readers.at(vendor)()->whole(body);
  REQUIRE(reply.has_error());
  return reply.error();
}

fault stream_fault(const std::string& vendor, std::string_view bytes) {
  auto step = readers.at(vendor)()->feed(bytes);
  REQUIRE(step.has_error());
  return step.error();
}

constexpr std::string_view token
  = "data: {\"choices\":[{\"index\":0,\"delta\":{\"content\":\"x\"}}]}\n\n";

} // namespace

TEST_CASE("a 200 that is not what the vendor documents is a decode fault") {
  const std::string bodies[] = {
    "",
    " ",
    "null",
    "[]",
    "\"choices\"",
    "<html><body>choices</body></html>",
    "{",
    "{}",
    "{\"choices\":",
    "{\"choices\":[}",
    "{\"choices\":{}}",
    "{\"choices\":[{}]} {\"choices\":[{}]}",
    "{\"choices\":[{}]},",
    "{\"choices\":[{}]}garbage",
    "{\"choices\":[{\"a\":\"\xFF\"}]}",
    "{\"choices\":[{\"a\":\"b]}",
    "{\"id\":\"x\",\"object\":\"list\"}",
    "{\"type\":\"message\"}",
    "{\"type\":\"message\",\"content\":7}",
    "{\"candidates\":[]}",
    "{\"candidates\":7}",
    std::string(5000, '['),
    std::string(5000, '{'),
  };
  for (auto& [vendor, make] : readers)
    for (auto& body : bodies) {
      INFO(vendor << ' ' << body.substr(0, 60));
      auto what = whole_fault(vendor, body);
      CHECK(what.code == errc::llm_error);
      CHECK(what.kind == failure_kind::decode);
    }
}

TEST_CASE("an error in a 200 is classified by what it says") {
  CHECK(whole_fault("openai", R"({"error":{"code":429,"message":"x"}})").kind
        == failure_kind::rate_limited);
  CHECK(whole_fault("anthropic",
                    R"({"type":"error","error":{"type":"overloaded_error"}})")
          .kind
        == failure_kind::overloaded);
  CHECK(whole_fault("google", R"({"error":{"code":503}})").code
        == errc::llm_unavailable);
}

TEST_CASE("an error event is the fault of the status it stands for") {
  struct row {
    std::string vendor;
    std::string data;
    errc code;
    failure_kind kind;
  };
  using enum errc;
  using k = failure_kind;
  const row table[] = {
    {"openai", R"({"error":{"type":"server_error"}})", llm_error,
     k::server_error},
    {"openai", R"({"error":{"code":"rate_limit_exceeded"}})", llm_rate_limited,
     k::rate_limited},
    {"openai", R"({"choices":[],"error":{"code":502}})", llm_error,
     k::server_error},
    {"openai", R"({"object":"error","code":400,"message":"x"})", llm_refused,
     k::refused},
    {"openai", R"({"error":"it broke"})", llm_error, k::server_error},
    {"openai", "<html>", llm_error, k::decode},
    {"anthropic", R"({"type":"error","error":{"type":"overloaded_error"}})",
     llm_overloaded, k::overloaded},
    {"anthropic", R"({"type":"error","error":{"type":"rate_limit_error"}})",
     llm_rate_limited, k::rate_limited},
    {"anthropic", R"({"type":"error","error":{"type":"api_error"}})", llm_error,
     k::server_error},
    {"anthropic", R"({"type":"error","error":{"type":"timeout_error"}})",
     llm_timeout, k::server_error},
    {"anthropic", R"({"type":"error","error":{"type":"authentication_error"}})",
     llm_error, k::credentials},
    {"anthropic", R"({"type":"content_block_stop","index":0})", llm_error,
     k::decode},
    {"anthropic", "[1]", llm_error, k::decode},
    {"google", R"({"error":{"code":429,"status":"RESOURCE_EXHAUSTED"}})",
     llm_rate_limited, k::rate_limited},
    {"google", R"({"candidates":[)", llm_error, k::decode},
  };
  for (auto& row : table) {
    INFO(row.vendor << ' ' << row.data);
    auto what = stream_fault(row.vendor, "data: " + row.data + "\n\n");
    CHECK(name_of(what.code) == name_of(row.code));
    CHECK(name_of(what.kind) == name_of(row.kind));
  }
}

TEST_CASE("an error behind tokens in the same bytes takes them with it") {
  auto bytes = std::string{token} + "data: {\"error\":{\"code\":500}}\n\n";
  CHECK(stream_fault("openai", bytes).kind == failure_kind::server_error);
}

TEST_CASE("the word error in what a model says is no error") {
  auto reader = read_openai(false);
  auto step = reader->feed(
    "data: {\"choices\":[{\"delta\":{\"content\":\"{\\\"error\\\":1}\"}}],"
    "\"error\":null}\n\n");
  REQUIRE(step.has_value());
  CHECK(step->has_token);
}

TEST_CASE("whole events pass through without a copy") {
  auto reader = read_openai(true);
  std::string two = std::string{token} + std::string{token};
  auto step = reader->feed(two);
  CHECK(step->out.data() == two.data());
  CHECK(step->out.size() == two.size());
  auto with_tail = two + "data: {\"ch";
  step = reader->feed(with_tail);
  CHECK(step->out.data() == with_tail.data());
  CHECK(step->out.size() == two.size());
}

TEST_CASE("the first token is content, a tool, a refusal or a thought") {
  auto token_in = [](std::string delta) {
    auto step = read_openai(true)->feed(
      "data: {\"choices\":[{\"index\":0,\"delta\":" + delta + "}]}\n\n");
    return step->has_token;
  };
  for (auto delta :
       {R"({"content":"a"})", R"({"role":"assistant","content":"a"})",
        R"({"tool_calls":[{"index":0}]})", R"({"refusal":"no"})",
        R"({"reasoning_content":"hm"})", R"({"reasoning":"hm"})"})
    CHECK(token_in(delta));
  for (auto delta : {"{}", "null", R"({"role":"assistant"})",
                     R"({"role":"assistant","content":"","refusal":null})",
                     R"({"content":null,"tool_calls":[]})"})
    CHECK_FALSE(token_in(delta));
}

TEST_CASE("nothing is read behind the end of a stream") {
  auto reader = read_openai(true);
  auto step = reader->feed("data: [DONE]\n\n<garbage>\n\n");
  REQUIRE(step.has_value());
  CHECK(step->done);
  CHECK(step->out == "data: [DONE]\n\n");
  CHECK(reader->feed("data: more\n\n")->out.empty());
  CHECK(reader->close()->done);
}

TEST_CASE("an event without end is too large at some time") {
  std::string piece(64 * 1024, 'x');
  for (auto& [vendor, make] : readers) {
    auto reader = make();
    std::size_t fed = 0;
    for (;;) {
      auto step = reader->feed(piece);
      fed += piece.size();
      if (step.has_error()) {
        CHECK(step.error().kind == failure_kind::too_large);
        break;
      }
      REQUIRE(fed <= 2 * 1024 * 1024);
    }
  }
}

TEST_CASE("an event without a byte of data is a decode fault") {
  // Its data has no address either: nothing may be copied from there.
  for (auto& [vendor, make] : readers)
    CHECK(stream_fault(vendor, "data\n\n").kind == failure_kind::decode);
}

TEST_CASE("a stream that opens blocks without end is refused") {
  auto reader = read_anthropic("m", 1, true);
  REQUIRE(reader->feed("data: {\"type\":\"message_start\",\"message\":{}}\n\n")
            .has_value());
  bool refused = false;
  for (int i = 0; i < 1000 && !refused; ++i)
    refused = reader
                ->feed("data: {\"type\":\"content_block_start\",\"index\":"
                       + std::to_string(i)
                       + ",\"content_block\":{\"type\":\"tool_use\"}}\n\n")
                .has_error();
  CHECK(refused);
}

TEST_CASE("equal calls of two Gemini answers have different ids") {
  auto call_in = [](std::string id) {
    return read_google("m", 1, false)
      ->whole(R"({"responseId":")" + id
              + R"(","candidates":[{"content":{"parts":[)"
                R"({"functionCall":{"name":"now","args":{}}}]}}]})")
      ->translated.substr(100);
  };
  CHECK(call_in("a") != call_in("b"));
  CHECK(call_in("a") == call_in("a"));
}
