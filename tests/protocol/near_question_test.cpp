#include "protocol/near_question.hpp"

#include "protocol/fronts/front.hpp"
#include "tests/support/catch.hpp"

using namespace caisson;
using namespace caisson::protocol;

namespace {

std::optional<near_question> of(std::string messages, std::string more = "") {
  auto made = chat_request::read(R"({"model":"m","temperature":0,"messages":[)"
                                 + messages + "]" + more + "}");
  INFO(messages);
  REQUIRE(made.has_value());
  return near_question_of(**made);
}

std::string user(std::string text) {
  return R"({"role":"user","content":")" + text + R"("})";
}

std::string rest_of(std::string messages, std::string more = "") {
  auto found = of(std::move(messages), std::move(more));
  REQUIRE(found);
  return found->rest;
}

} // namespace

TEST_CASE("the question is the last text, and all else is the rest",
          "[near_question]") {
  auto found = of(R"({"role":"system","content":"Be brief."},)"
                  + user("What is \\\"love\\\"?"));
  REQUIRE(found);
  CHECK(found->text == R"(What is "love"?)");
  CHECK(found->rest.find("love") == std::string::npos);
  CHECK(found->rest.find("Be brief.") != std::string::npos);
  auto parts
    = of(R"({"role":"user","content":[{"type":"text","text":"Of this:"},)"
         R"({"text":"what is it?","type":"text"}]})");
  REQUIRE(parts);
  CHECK(parts->text == "what is it?");
  CHECK(parts->rest.find("Of this:") != std::string::npos);
}

TEST_CASE("other words leave the rest as it is, anything else changes it",
          "[near_question]") {
  auto system = R"({"role":"system","content":"s"},)";
  auto turns = user("a") + R"(,{"role":"assistant","content":"b"},)";
  auto plain = rest_of(user("how is it"));
  CHECK(rest_of(user("what is it like")) == plain);
  CHECK(rest_of(user("how is it"), R"(,"stream":true)") == plain);
  CHECK(rest_of(system + user("how is it")) != plain);
  CHECK(rest_of(turns + user("how is it")) != plain);
  CHECK(rest_of(user("how is it"), R"(,"seed":1)") != plain);
  CHECK(rest_of(user("how is it"), R"(,"vendor_thing":[1])") != plain);
  CHECK(rest_of(R"({"role":"user","name":"x","content":"how is it"})")
        != plain);
  // The same text in another place.
  CHECK(rest_of(user("x") + "," + user("y"))
        != rest_of(user("y") + "," + user("y")));
}

TEST_CASE("numbers are never other words for numbers", "[near_question]") {
  CHECK(numbers_in("no number") == "");
  CHECK(numbers_in("in 2024, 3.5 or 35%") == "2024 3 5 35");
  CHECK(rest_of(user("news of 2024")) != rest_of(user("news of 2025")));
  CHECK(rest_of(user("news of 2024")) == rest_of(user("2024: what is new?")));
  CHECK(rest_of(user("add 1 2")) != rest_of(user("add 12")));
}

TEST_CASE("where other words would not do there is no question",
          "[near_question]") {
  auto plain = user("x");
  REQUIRE(of(plain));
  for (auto more :
       {R"(,"tools":[{"type":"function","function":{"name":"f"}}])",
        R"(,"tool_choice":"none")", R"(,"functions":[{"name":"f"}])",
        R"(,"response_format":{"type":"json_schema","json_schema":{}})",
        R"(,"response_format":{"type":"json_object"})",
        R"(,"modalities":["text","audio"])", R"(,"web_search_options":{})"})
    CHECK_FALSE(of(plain, more));
  // Null says as little as nothing.
  CHECK(of(plain, R"(,"tools":null,"response_format":null)"));
  CHECK_FALSE(of(plain + R"(,{"role":"assistant","content":"y"})"));
  CHECK_FALSE(of(R"({"role":"system","content":"y"})"));
  CHECK_FALSE(of(
    R"({"role":"assistant","content":null,"tool_calls":[{"id":"1","type":"function","function":{"name":"f","arguments":"{}"}}]},{"role":"tool","tool_call_id":"1","content":"r"},)"
    + plain));
  CHECK_FALSE(of(
    R"({"role":"user","content":[{"type":"text","text":"x"},{"type":"image_url","image_url":{"url":"http://x/y"}}]})"));
  CHECK_FALSE(of(
    R"({"role":"user","content":[{"type":"image_url","image_url":{"url":"http://x/y"}}]},)"
    + plain));
}

TEST_CASE("a long text is not compared", "[near_question]") {
  CHECK(of(user(std::string(near_question::longest, 'x'))));
  CHECK_FALSE(of(user(std::string(near_question::longest + 1, 'x'))));
}

TEST_CASE("clients of Anthropic's dialect ask in other words too, and apart",
          "[near_question]") {
  auto& by = front_of(wire::anthropic);
  auto read = [&](std::string more) {
    auto made = by.read(
      R"({"model":"m","max_tokens":9,"temperature":0,"messages":[{"role":"user","content":"how is it"}])"
        + more + "}",
      "");
    REQUIRE(made.has_value());
    return near_question_of(**made);
  };
  auto found = read("");
  REQUIRE(found);
  CHECK(found->text == "how is it");
  CHECK(found->rest != rest_of(user("how is it")));
  CHECK(read(R"(,"system":"s")")->rest != found->rest);
  CHECK_FALSE(
    read(R"(,"tools":[{"name":"f","input_schema":{"type":"object"}}])"));
}
