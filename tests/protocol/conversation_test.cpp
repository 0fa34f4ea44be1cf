#include "protocol/conversation.hpp"

#include <string>
#include <thread>
#include <vector>

#include "protocol/chat_request.hpp"
#include "tests/support/catch.hpp"

using namespace caisson;
using namespace caisson::protocol;

namespace {

using request_ptr = std::shared_ptr<const chat_request>;

request_ptr read(std::string body) {
  auto request = chat_request::read(std::move(body));
  if (request.has_error())
    FAIL(request.error().detail);
  return *request;
}

request_ptr asking(std::string_view members) {
  return read(R"({"model":"m","messages":[{"role":"user","content":"x"}])"
              + std::string{members} + "}");
}

request_ptr telling(std::string_view messages) {
  return read(R"({"model":"m","messages":[)" + std::string{messages} + "]}");
}

} // namespace

TEST_CASE("messages become turns and system text", "[conversation]") {
  const auto request = telling(R"(
    {"content":"a","role":"system"},
    {"role":"user","content":[{"text":"one","type":"text"},
      {"type":"image_url","image_url":{"url":"https://h/i.png"}},
      {"image_url":{"url":"data:image/webp;base64,AAAA"},"type":"image_url"}]},
    {"role":"developer","content":[{"type":"text","text":"b"}]},
    {"role":"assistant","content":"","refusal":"no"},
    {"role":"user","content":""})");
  const auto& words = request->words();
  REQUIRE_FALSE(words.flaw);
  CHECK(words.system == "a\n\nb");
  REQUIRE(words.turns.size() == 2);
  const auto& user = words.turns[0];
  CHECK(user.who == speaker::user);
  CHECK(user.message == 1);
  REQUIRE(user.parts.size() == 3);
  CHECK(std::get<text_part>(user.parts[0]).text == "one");
  CHECK(std::get<image_part>(user.parts[1]).url == "https://h/i.png");
  const auto& image = std::get<image_part>(user.parts[2]);
  CHECK(image.url.empty());
  CHECK(image.media_type == "image/webp");
  CHECK(image.data == "AAAA");
  REQUIRE(words.turns[1].parts.size() == 1);
  CHECK(std::get<refusal_part>(words.turns[1].parts[0]).text == "no");
}

TEST_CASE("a tool's result knows the name of its tool", "[conversation]") {
  const auto request = telling(R"(
    {"role":"assistant","tool_calls":[
      {"id":"1","type":"function","function":{"arguments":" {\"a\": 1} ",
       "name":"f"}},
      {"function":{"name":"g","arguments":""},"type":"function","id":"2"}]},
    {"tool_call_id":"2","role":"tool","content":"two"},
    {"role":"tool","tool_call_id":"9","content":"nobody's"})");
  const auto& words = request->words();
  REQUIRE_FALSE(words.flaw);
  REQUIRE(words.turns.size() == 3);
  const auto& call = std::get<tool_call_part>(words.turns[0].parts[0]);
  CHECK(call.arguments == " {\"a\": 1} ");
  CHECK(std::get<tool_call_part>(words.turns[0].parts[1]).arguments == "{}");
  const auto& answer = std::get<tool_result_part>(words.turns[1].parts[0]);
  CHECK(answer.name == "g");
  CHECK(answer.content == "two");
  CHECK(std::get<tool_result_part>(words.turns[2].parts[0]).name.empty());
}

TEST_CASE("settings are read, nulls are absent", "[conversation]") {
  const auto request = asking(R"(,"temperature":0.5,"top_p":null,"seed":-3,
    "max_completion_tokens":7,"max_tokens":9,"stop":["a","b"],"user":"u",
    "presence_penalty":1,"frequency_penalty":-1.5,"n":2,"stream":true,
    "reasoning_effort":"high","parallel_tool_calls":false,
    "response_format":{"json_schema":{"schema":{"type": "object"} ,
    "name":"s"},"type":"json_schema"},"tool_choice":"none")");
  const auto& words = request->words();
  REQUIRE_FALSE(words.flaw);
  CHECK(words.temperature == 0.5);
  CHECK_FALSE(words.top_p);
  CHECK(words.seed == -3);
  CHECK(words.max_tokens == 7);
  CHECK(words.stop == std::vector<std::string>{"a", "b"});
  CHECK(words.user == "u");
  CHECK(words.presence_penalty == 1);
  CHECK(words.frequency_penalty == -1.5);
  CHECK(words.n == 2);
  CHECK(words.stream);
  CHECK(words.reasoning_effort == "high");
  CHECK(words.parallel_tool_calls == false);
  CHECK(words.json.mode == json_mode::schema);
  CHECK(words.json.name == "s");
  CHECK(words.json.schema == R"({"type": "object"})");
  REQUIRE(words.choice);
  CHECK(words.choice->mode == tool_mode::none);
}

TEST_CASE("the newer limit wins in either order", "[conversation]") {
  CHECK(
    asking(R"(,"max_tokens":9,"max_completion_tokens":7)")->words().max_tokens
    == 7);
  CHECK(asking(R"(,"max_tokens":9)")->words().max_tokens == 9);
}

TEST_CASE("tools keep their schemas as written", "[conversation]") {
  const auto request = asking(R"(,"tools":[{"function":{"parameters":
    {"a" : [1.0, {}]} ,"name":"f","description":"d","strict":true},
    "type":"function"},{"type":"function","function":{"name":"g",
    "parameters":null,"strict":null}}],
    "tool_choice":{"function":{"name":"g"},"type":"function"})");
  const auto& words = request->words();
  REQUIRE_FALSE(words.flaw);
  REQUIRE(words.tools.size() == 2);
  CHECK(words.tools[0].name == "f");
  CHECK(words.tools[0].description == "d");
  CHECK(words.tools[0].parameters == R"({"a" : [1.0, {}]})");
  CHECK(words.tools[0].strict);
  CHECK(words.tools[1].parameters.empty());
  CHECK_FALSE(words.tools[1].strict);
  CHECK(words.choice->mode == tool_mode::named);
  CHECK(words.choice->name == "g");
}

TEST_CASE("shapes that the door leaves to providers are flaws",
          "[conversation]") {
  struct {
    request_ptr request;
    std::string param;
  } const cases[]{
    {telling(R"({"role":"user"})"), "messages[0].content"},
    {telling(R"({"role":"user","content":7})"), "messages[0].content"},
    {telling(R"({"role":"user","content":[7]})"), "messages[0].content[0]"},
    {telling(R"({"role":"user","content":[{"text":"x"}]})"),
     "messages[0].content[0].type"},
    {telling(R"({"role":"user","content":[{"type":"text"}]})"),
     "messages[0].content[0].text"},
    {telling(R"({"role":"user","content":[{"type":"image_url"}]})"),
     "messages[0].content[0].image_url"},
    {telling(R"({"role":"tool","content":"x"})"), "messages[0].tool_call_id"},
    {telling(R"({"role":"assistant","tool_calls":{}})"),
     "messages[0].tool_calls"},
    {telling(R"({"role":"assistant","tool_calls":[{"id":"x"}]})"),
     "messages[0].tool_calls[0].type"},
    {telling(R"({"role":"assistant","tool_calls":[{"function":{"name":"f",
      "arguments":"{}"}}]})"),
     "messages[0].tool_calls[0].id"},
    {asking(R"(,"top_p":"x")"), "top_p"},
    {asking(R"(,"seed":1.5)"), "seed"},
    {asking(R"(,"user":1)"), "user"},
    {asking(R"(,"tools":[1])"), "tools[0]"},
    {asking(R"(,"tools":[{"type":"function"}])"), "tools[0].function"},
    {asking(R"(,"tools":[{"type":"function","function":{}}])"),
     "tools[0].function"},
    {asking(R"(,"tools":[{"type":"function","function":{"name":"f",
      "parameters":[]}}])"),
     "tools[0].function.parameters"},
    {asking(R"(,"response_format":{"type":"json_schema"})"),
     "response_format.json_schema.schema"},
  };
  for (const auto& [request, param] : cases) {
    INFO(request->body());
    REQUIRE(request->words().flaw);
    CHECK(request->words().flaw->param == param);
  }
}

TEST_CASE("many threads may ask for the words at once", "[conversation]") {
  const auto request = asking(R"(,"user":"u")");
  std::vector<const conversation*> seen(4);
  {
    std::vector<std::jthread> threads;
    for (auto& slot : seen)
      threads.emplace_back([&] { slot = &request->words(); });
  }
  for (const auto* words : seen)
    CHECK(words == seen.front());
  CHECK(seen.front()->user == "u");
}
