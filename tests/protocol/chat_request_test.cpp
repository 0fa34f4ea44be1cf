#include "protocol/chat_request.hpp"

#include <string>

#include "protocol/json/strict.hpp"
#include "tests/support/catch.hpp"

using namespace caisson;
using namespace caisson::protocol;

namespace {

/// An object of `head` and a good list of messages.
std::string with_messages(std::string head) {
  head += R"("messages":[{"role":"user","content":"x"}]})";
  return head;
}

std::string asking(std::string_view members) {
  auto body = with_messages(R"({"model":"m",)");
  body.insert(body.size() - 1, members);
  return body;
}

std::shared_ptr<const chat_request> read(std::string body) {
  auto request = chat_request::read(std::move(body));
  if (request.has_error())
    FAIL(request.error().detail);
  return *request;
}

struct expectation {
  std::string body;
  errc code;
  std::string param;
};

void check(const expectation& expected) {
  INFO(expected.body);
  const auto request = chat_request::read(expected.body);
  REQUIRE(request.has_error());
  CHECK(name_of(request.error().code) == name_of(expected.code));
  CHECK(request.error().param == expected.param);
  CHECK_FALSE(request.error().detail.empty());
}

constexpr auto schema = errc::validation_schema;
constexpr auto constraint = errc::validation_constraint;

} // namespace

TEST_CASE("a request is read without touching its bytes", "[chat_request]") {
  const std::string_view copy = " {\"x\" : 1 , \"model\" \t: \"gpt-4o\" \n , "
                                "\"messages\" : [ {\"role\":\"user\"} ] } ";
  std::string body;
  body.reserve(copy.size() + json::padding);
  body += copy;
  const auto* bytes = body.data();
  const auto request = read(std::move(body));
  CHECK(request->body() == copy);
  CHECK(request->body().data() == bytes);
  CHECK(request->client() == wire::openai);
  CHECK(request->model() == "gpt-4o");
  CHECK_FALSE(request->stream());
  CHECK_FALSE(request->wants_usage());
  CHECK_FALSE(request->has_stream_options());
  const auto size = request->model_end() - request->model_begin();
  CHECK(request->body().substr(request->model_begin(), size) == "\"gpt-4o\"");
}

TEST_CASE("only the outermost model counts, however it is written",
          "[chat_request]") {
  const auto request = read(
    R"({"metadata":{"model":"no"},"messages":[{"role":"user","model":"no",)"
    R"("content":"\"model\":\"no\""}],"mod\u0065l":"a\"b\u00e9\\"})");
  CHECK(request->model() == "a\"b\xC3\xA9\\");
  CHECK(request->body().substr(request->model_begin()) == R"("a\"b\u00e9\\"})");
  CHECK(request->model_end() == request->body().size() - 1);
}

TEST_CASE("stream and usage are noted", "[chat_request]") {
  const auto request = read(
    asking(R"(,"stream":true,"stream_options":{"x":1,"include_usage":true})"));
  CHECK(request->stream());
  CHECK(request->wants_usage());
  CHECK(request->has_stream_options());
  const auto silent = read(asking(R"(,"stream":null,"stream_options":null)"));
  CHECK_FALSE(silent->stream());
  CHECK_FALSE(silent->wants_usage());
  CHECK(silent->has_stream_options());
}

TEST_CASE("every documented value is taken", "[chat_request]") {
  for (const auto* members :
       {R"(,"temperature":0)", R"(,"temperature":2)", R"(,"temperature":0.7)",
        R"(,"temperature":null)", R"(,"max_tokens":1)", R"(,"n":3)",
        R"(,"max_completion_tokens":100000)", R"(,"stop":"x")", R"(,"stop":[])",
        R"(,"stop":["a","b"])", R"(,"stop":null)", R"(,"tools":[])",
        R"(,"tool_choice":"auto")", R"(,"tool_choice":{"type":"function"})",
        R"(,"response_format":{"type":"text"})", R"(,"unknown":{"a":[1]})",
        R"(,"user":17,"temperature":1)"}) {
    INFO(members);
    CHECK(chat_request::read(asking(members)).has_value());
  }
  for (const auto* role :
       {"system", "developer", "user", "assistant", "tool", "function"}) {
    INFO(role);
    std::string body = R"({"model":"m","messages":[{"role":")";
    body += role;
    body += R"("}]})";
    CHECK(chat_request::read(body).has_value());
  }
}

TEST_CASE("a wrong shape is refused by the name of its field",
          "[chat_request]") {
  const auto messages = [](std::string_view list) {
    std::string body = R"({"model":"m","messages":)";
    body += list;
    return body += '}';
  };
  for (const auto& expected : std::vector<expectation>{
         {with_messages(R"({)"), schema, "model"},
         {with_messages(R"({"model":1,)"), schema, "model"},
         {with_messages(R"({"model":null,)"), schema, "model"},
         {with_messages(R"({"model":"",)"), constraint, "model"},
         {R"({"model":"m"})", schema, "messages"},
         {messages("{}"), schema, "messages"},
         {messages("null"), schema, "messages"},
         {messages("[]"), constraint, "messages"},
         {messages("[1]"), schema, "messages[0]"},
         {messages(R"([{"role":"user"},{"content":"x"}])"), schema,
          "messages[1].role"},
         {messages(R"([{"role":5}])"), schema, "messages[0].role"},
         {messages(R"([{"role":"king"}])"), constraint, "messages[0].role"}})
    check(expected);
}

TEST_CASE("a wrong setting is refused by its name", "[chat_request]") {
  for (const auto& [members, code, param] : std::vector<expectation>{
         {R"(,"stream":1)", schema, "stream"},
         {R"(,"stream_options":true)", schema, "stream_options"},
         {R"(,"stream_options":{"include_usage":1})", schema,
          "stream_options.include_usage"},
         {R"(,"temperature":"hot")", schema, "temperature"},
         {R"(,"temperature":2.1)", constraint, "temperature"},
         {R"(,"temperature":-0.1)", constraint, "temperature"},
         {R"(,"max_tokens":0)", constraint, "max_tokens"},
         {R"(,"max_tokens":1.5)", schema, "max_tokens"},
         {R"(,"max_completion_tokens":-1)", constraint,
          "max_completion_tokens"},
         {R"(,"max_completion_tokens":"9")", schema, "max_completion_tokens"},
         {R"(,"n":0)", constraint, "n"},
         {R"(,"stop":1)", schema, "stop"},
         {R"(,"stop":["a",1])", schema, "stop[1]"},
         {R"(,"stop":[1,2,3,4,5,6,7,8,9,0,1,2,3,4,5,6,7])", schema, "stop[0]"},
         {R"(,"stop":["","","","","","","","","","","","","","","","",""])",
          constraint, "stop"},
         {R"(,"tools":{})", schema, "tools"},
         {R"(,"tool_choice":1)", schema, "tool_choice"},
         {R"(,"response_format":"json")", schema, "response_format"},
         {R"(,"response_format":{})", schema, "response_format.type"}})
    check({asking(members), code, param});
}

TEST_CASE("what is not strict JSON is refused at the door", "[chat_request]") {
  for (const auto* body :
       {"", "null", "[]", "{}]", "\"x\"",
        R"({"model":"m","model":"n","messages":[{"role":"user"}]})",
        R"({"model":"m","messages":[{"role":"user","role":"system"}]})"}) {
    INFO(body);
    const auto request = chat_request::read(body);
    REQUIRE(request.has_error());
    CHECK(request.error().code == schema);
  }
}
