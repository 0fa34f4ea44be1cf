#include "protocol/canonical_request.hpp"

#include <algorithm>
#include <map>
#include <random>
#include <vector>

#include "protocol/fronts/front.hpp"
#include "protocol/kept_answer.hpp"
#include "tests/support/catch.hpp"

using namespace caisson;
using namespace caisson::protocol;

namespace {

using members = std::vector<std::string>;

std::shared_ptr<const chat_request> request_of(const members& all,
                                               std::string_view blank = "") {
  std::string body{"{"};
  for (auto& one : all) {
    if (body.size() > 1)
      (body += ',') += blank;
    body += one;
  }
  auto made = chat_request::read(body + std::string{blank} + '}');
  if (!made)
    FAIL(made.error().detail);
  return *made;
}

std::string form(const members& all, std::string_view blank = "") {
  return canonical(*request_of(all, blank));
}

const members plain{
  R"("model":"m")",
  R"("messages":[{"role":"user","content":"hi"}])",
  R"("temperature":0)",
  R"("tools":[{"type":"function","function":{"name":"f","parameters":{"a":1,"b":[1,2]}}}])",
  R"("unknown":{"x":[true,null,1.5]})",
};

members plus(std::string one) {
  auto out = plain;
  out.push_back(std::move(one));
  return out;
}

} // namespace

TEST_CASE("order, blanks and spelling do not matter", "[canonical]") {
  auto first = form(plain);
  auto turned = plain;
  std::mt19937 random{7};
  for (int i = 0; i < 100; ++i) {
    std::ranges::shuffle(turned, random);
    CHECK(form(turned, i % 2 == 0 ? "" : " \n\t") == first);
  }
  auto spelt = plain;
  spelt[1] = R"("messages":[{"content":"\u0068i","r\u006fle":"user"}])";
  spelt[2] = R"("temperature":0.0)";
  spelt[3]
    = R"("tools":[{"function":{"parameters":{"b":[1,2],"a":1},"name":"f"},"type":"function"}])";
  CHECK(form(spelt) == first);
}

TEST_CASE("how an answer is sent and what is noted beside it does not matter",
          "[canonical]") {
  for (auto more :
       {R"("stream":true)", R"("user":"me")", R"("metadata":{"a":"b"})",
        R"("store":true)", R"("stream_options":{"include_usage":true})",
        R"("cache":true)", R"("n":1)", R"("seed":null)", R"("stop":null)"}) {
    INFO(more);
    CHECK(form(plus(more)) == form(plain));
  }
}

TEST_CASE("whatever else is said makes it another request", "[canonical]") {
  std::map<std::string, std::string> seen{{form(plain), "plain"}};
  for (auto more :
       {R"("seed":1)", R"("seed":2)", R"("top_p":0.5)", R"("max_tokens":5)",
        R"("max_completion_tokens":5)", R"("stop":"a")", R"("stop":["a"])",
        R"("tool_choice":"auto")",
        R"("response_format":{"type":"json_object"})", R"("logprobs":true)",
        R"("new_thing":null)", R"("new_thing":1)", R"("new_thing":1.0)",
        R"("new_thing":[1])", R"("new_thing":[1.0])", R"("new_thing":"1")",
        R"("logit_bias":{"5":1})", R"("logit_bias":{"5":2})"}) {
    auto made = form(plus(more));
    auto [at, fresh] = seen.emplace(made, more);
    INFO(more << " against " << at->second);
    // A setting that is a whole number is one, however it is written.
    CHECK(fresh == (std::string_view{more} != R"("new_thing":1.0)"));
  }
  for (std::size_t i = 0; i < plain.size(); ++i) {
    auto other = plain;
    other[i] = i == 0   ? R"("model":"n")"
               : i == 1 ? R"("messages":[{"role":"user","content":"hi "}])"
               : i == 2 ? R"("temperature":0.1)"
                        : R"("x)" + other[i].substr(1);
    CHECK(seen.emplace(form(other), "").second);
  }
}

TEST_CASE("only what is exact, or wished for, and single is kept",
          "[canonical]") {
  auto kept = [](std::string more) {
    auto all = members{plain[0], plain[1]};
    if (!more.empty())
      all.push_back(more);
    return cacheable(*request_of(all));
  };
  CHECK_FALSE(kept(""));
  CHECK(kept(R"("temperature":0)"));
  CHECK(kept(R"("temperature":0.0)"));
  CHECK_FALSE(kept(R"("temperature":0.1)"));
  CHECK_FALSE(kept(R"("temperature":null)"));
  CHECK(kept(R"("cache":true)"));
  CHECK(kept(R"("temperature":1,"cache":true)"));
  CHECK_FALSE(kept(R"("temperature":0,"cache":false)"));
  CHECK_FALSE(kept(R"("temperature":0,"n":2)"));
  CHECK(kept(R"("temperature":0,"n":1)"));
}

TEST_CASE("clients of another dialect have answers of their own, by all that "
          "they said",
          "[canonical]") {
  auto read = [](std::string body, std::string beta = "") {
    auto made = front_of(wire::anthropic).read(std::move(body), beta);
    REQUIRE(made.has_value());
    return canonical(**made);
  };
  auto start = std::string{
    R"({"model":"m","max_tokens":5,"messages":[{"role":"user","content":"hi"}])"};
  auto first = read(start + '}');
  CHECK(read(start + R"(,"metadata":{"user_id":"x"}})") == first);
  CHECK(read(start + R"(,"top_k":3})") != first);
  CHECK(read(start + '}', "thing-2026") != first);
  CHECK(first
        != form({R"("model":"m")", R"("max_tokens":5)",
                 R"("messages":[{"role":"user","content":"hi"}])"}));
}

TEST_CASE("C3: two contexts that differ in anything never have one key",
          "[canonical]") {
  std::mt19937 random{20'261'127};
  auto pick = [&](auto below) { return random() % below; };
  std::map<std::string, std::string> owners;
  std::size_t equal = 0;
  for (int i = 0; i < 100'000; ++i) {
    auto model = std::to_string(pick(10u));
    auto text = std::to_string(pick(20u));
    auto seed = std::to_string(pick(10u));
    auto tenant = std::to_string(pick(10u));
    auto route = std::to_string(pick(3u));
    auto context = model + '/' + text + '/' + seed + '/' + tenant + '/' + route;
    auto made = request_of(
      {R"("model":")" + model + '"', R"("seed":)" + seed,
       R"("messages":[{"role":"user","content":")" + text + R"("}])",
       R"("temperature":0)"});
    auto order = keep_answer(made, tenant, route, "t", {});
    auto [at, fresh] = owners.emplace(order->key, context);
    if (!fresh)
      ++equal;
    REQUIRE(at->second == context);
  }
  CHECK(equal > 1'000);
}
