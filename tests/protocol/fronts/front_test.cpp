#include "protocol/fronts/front.hpp"

#include "protocol/chat_request.hpp"
#include "tests/support/catch.hpp"

using namespace caisson;
using namespace caisson::protocol;

TEST_CASE("OpenAI's clients speak the node's inner words") {
  auto& front = front_of(wire::openai);
  CHECK(front.client == wire::openai);
  CHECK(front.keeps.empty());
  CHECK(front.writer == nullptr);
  auto request = front.read(
    R"({"model":"m","messages":[{"role":"user","content":"x"}]})", "ignored");
  REQUIRE(request.has_value());
  CHECK((*request)->client() == wire::openai);
  CHECK((*request)->origin() == nullptr);
}

TEST_CASE("Anthropic's clients are translated, there and back") {
  auto& front = front_of(wire::anthropic);
  CHECK(front.client == wire::anthropic);
  CHECK(front.keeps == "anthropic-beta");
  REQUIRE(front.writer != nullptr);
  auto said = front.writer("trace")->feed("data: [DONE]\n\n");
  REQUIRE(said.has_value());
  CHECK(said->find("msg_trace") != said->npos);
  auto request
    = front.read(R"({"model":"m","max_tokens":1,"messages":[{"role":"user",)"
                 R"("content":"x"}]})",
                 "beta-1");
  REQUIRE(request.has_value());
  CHECK((*request)->client() == wire::anthropic);
  CHECK((*request)->origin()->field == "beta-1");
}
