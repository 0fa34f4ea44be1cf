#include "server/providers/simulated_port.hpp"

#include "protocol/chat_request.hpp"
#include "tests/server/upstream_world.hpp"

using namespace caisson;
using namespace caisson::upstream;

namespace {

constexpr std::string_view head
  = R"(data: {"id":"a","object":"chat.completion.chunk","created":7,)"
    R"("model":"first","choices":[{"index":0,"delta":)";

std::string chunk_of(std::string_view delta, std::string_view finish = "null") {
  std::string out{head};
  out.append(delta).append(R"(,"finish_reason":)").append(finish);
  return out + "}]}\n\n";
}

const std::string so_far = chunk_of(R"({"role":"assistant"})")
                           + chunk_of(R"({"content":"Real words. "})");

story performed(std::string_view before) {
  boost::asio::io_context io;
  simulated_port port{io, "pretend"};
  auto what = std::make_shared<call>();
  what->stream = true;
  what->body
    = protocol::chat_request::read(R"({"model":"m","stream":true,"messages":)"
                                   R"([{"role":"user","content":"ahoy"}]})")
        .value();
  attempt which{what, "m"};
  which.so_far = before;
  story told;
  auto running = port.start(which, std::make_unique<recorder>(told));
  CHECK(told.started + told.ends == 0);
  io.run();
  CHECK(told.ends == 1);
  return told;
}

std::size_t occurrences(std::string_view text, std::string_view what) {
  std::size_t found = 0;
  for (auto at = text.find(what); at != text.npos; at = text.find(what, at + 1))
    ++found;
  return found;
}

} // namespace

TEST_CASE("a simulated stream begins with a role and ends") {
  auto told = performed("");
  CHECK(told.started == 1);
  CHECK(occurrences(told.text, "\"role\"") == 1);
  CHECK(occurrences(told.text, "caisson\":") == 0);
  CHECK(told.text.ends_with("data: [DONE]\n\n"));
}

TEST_CASE("a simulated stream goes on as the one that died") {
  auto told = performed(so_far);
  CHECK_FALSE(told.failed);
  CHECK(told.started == 1);
  CHECK(occurrences(told.text, "\"role\"") == 0);
  CHECK(occurrences(told.text, "data: ") == occurrences(told.text, head) + 1);
  CHECK(occurrences(told.text, "ahoy") == 1);
  CHECK(occurrences(told.text,
                    R"("degraded":"stream_failover","provider":"pretend")")
        == 1);
  CHECK(told.text.ends_with("data: [DONE]\n\n"));
}

TEST_CASE("a simulated stream ends one that was finished") {
  auto told = performed(so_far + chunk_of("{}", R"("stop")"));
  CHECK_FALSE(told.failed);
  CHECK(told.started == 1);
  CHECK(told.text == "data: [DONE]\n\n");
}

TEST_CASE("a simulated stream cannot go on with a tool call either") {
  auto told = performed(so_far + chunk_of(R"({"tool_calls":[{"index":0}]})"));
  REQUIRE(told.failed);
  CHECK(told.started == 0);
  CHECK(outcome_of(*told.failed) == outcome::ignored);
}
