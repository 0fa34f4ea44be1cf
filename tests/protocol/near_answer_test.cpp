#include "protocol/near_answer.hpp"

#include "protocol/embeddings_request.hpp"
#include "tests/support/catch.hpp"

using namespace caisson;
using namespace caisson::protocol;

namespace {

std::shared_ptr<const near_order> order_for(std::string_view text,
                                            std::string_view tenant = "t",
                                            std::string_view route = "r",
                                            std::string_view form = "") {
  auto made = chat_request::read(
    R"({"model":"m","temperature":0,"messages":[{"role":"user","content":")"
    + std::string{text} + R"("}]})");
  REQUIRE(made.has_value());
  return compare_question(**made, tenant, route, form, "trace");
}

std::string completion(std::string_view message,
                       std::string_view reason = "stop") {
  return R"(J{"choices":[{"index":0,"message":)" + std::string{message}
         + R"(,"finish_reason":")" + std::string{reason} + R"("}]})";
}

} // namespace

TEST_CASE("a context is of one tenant, one route and one form",
          "[near_answer]") {
  auto plain = order_for("one way")->context;
  CHECK(order_for("another way")->context == plain);
  CHECK(order_for("one way", "u")->context != plain);
  CHECK(order_for("one way", "t", "s")->context != plain);
  CHECK(order_for("one way", "t", "r", " events")->context != plain);
  CHECK(plain.find("one way") == std::string::npos);
}

TEST_CASE("a question is put to a model of embeddings", "[near_answer]") {
  auto it = order_for(R"(say \"x\" \u00e9)");
  CHECK(it->trace_id == "trace");
  auto asked
    = std::dynamic_pointer_cast<const embeddings_request>(it->question());
  REQUIRE(asked);
  CHECK(asked->count() == 1);
  CHECK(asked->text(0) == "say \"x\" é");
  CHECK(asked->format() == vector_format::floats);
}

TEST_CASE("a vector is read from the answer, or there is none",
          "[near_answer]") {
  auto it = order_for("x");
  CHECK(it->vector_in(R"({"data":[{"index":0,"embedding":[1,-0.5,2e-3]}]})")
        == std::vector<float>{1.0f, -0.5f, 0.002f});
  for (auto odd : {"", "{", R"({"data":[]})", R"({"data":[{}]})",
                   R"({"data":[{"embedding":"AAAA"}]})",
                   R"({"data":[{"embedding":[1,null]}]})"})
    CHECK(it->vector_in(odd).empty());
}

TEST_CASE("only text that acts on nothing suits who asked in other words",
          "[near_answer]") {
  CHECK(is_plain_answer(completion(R"({"content":"yes"})")));
  CHECK(is_plain_answer(
    completion(R"({"content":"yes","tool_calls":[],"refusal":null})")));
  CHECK_FALSE(is_plain_answer(completion(R"({"content":""})")));
  CHECK_FALSE(is_plain_answer(completion(R"({"content":null})")));
  CHECK_FALSE(is_plain_answer(
    completion(R"({"content":"yes","tool_calls":[{"id":"1"}]})")));
  CHECK_FALSE(is_plain_answer(
    completion(R"({"content":"yes","function_call":{"name":"f"}})")));
  CHECK_FALSE(
    is_plain_answer(completion(R"({"content":"yes","refusal":"no"})")));
  CHECK_FALSE(
    is_plain_answer(completion(R"({"content":"yes"})", "tool_calls")));
  CHECK_FALSE(is_plain_answer("J{"));
  CHECK_FALSE(is_plain_answer(""));
}

TEST_CASE("a stream that was kept as it came may hold no call",
          "[near_answer]") {
  CHECK(is_plain_answer(
    R"(Edata: {"choices":[{"delta":{"content":"\"tool_calls\""}}]})"));
  CHECK_FALSE(is_plain_answer(
    R"(Edata: {"choices":[{"delta":{"tool_calls":[{"index":0}]}}]})"));
}
