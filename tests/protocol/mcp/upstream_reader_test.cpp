#include "protocol/mcp/upstream_reader.hpp"

#include "tests/support/catch.hpp"

using namespace caisson;
using namespace caisson::protocol::mcp;

namespace {

constexpr std::string_view answer = R"({"jsonrpc":"2.0","id":7,"result":{}})";
constexpr std::string_view progress
  = R"({"jsonrpc":"2.0","method":"notifications/progress"})";

std::string event(std::string_view data) {
  return "data: " + std::string{data} + "\n\n";
}

} // namespace

TEST_CASE("an answer that is JSON is taken whole", "[mcp]") {
  const auto said = upstream_reader(7)->whole(answer);
  REQUIRE(said.has_value());
  CHECK(said->translated == answer);
  CHECK_FALSE(said->passed_through);
}

TEST_CASE("what is no answer to the request is a fault of the server",
          "[mcp]") {
  for (std::string_view wrong :
       {"", "{}", "[]", "nonsense", R"({"jsonrpc":"2.0","id":8,"result":{}})",
        R"({"jsonrpc":"2.0","id":"7","result":{}})",
        R"([{"jsonrpc":"2.0","id":7,"result":{}}])",
        R"({"jsonrpc":"2.0","id":7,"result":{"a":1,"a":2}})"}) {
    INFO(wrong);
    const auto said = upstream_reader(7)->whole(wrong);
    REQUIRE_FALSE(said.has_value());
    CHECK(said.error().code == errc::mcp_error);
    CHECK(said.error().kind == failure_kind::decode);
  }
}

TEST_CASE("a reader notes where its stream can be taken up", "[mcp]") {
  const auto place = std::make_shared<stream_place>();
  const auto reader = upstream_reader(7, place);
  CHECK(reader->feed("data: \n\n").has_value());
  CHECK(place->last_event.empty());
  CHECK_FALSE(place->wait);
  CHECK(reader->feed("id: a-1\nretry: 250\ndata: \n\n").has_value());
  CHECK(place->last_event == "a-1");
  CHECK(place->wait == std::chrono::milliseconds{250});
  CHECK(reader->feed("id: a-2\nretry: soon\n" + event(progress)).has_value());
  CHECK(place->last_event == "a-2");
  CHECK(place->wait == std::chrono::milliseconds{250});
  CHECK(reader->feed("id: a\x01 b\n\n").has_value());
  CHECK(place->last_event == "a-2");
}

TEST_CASE("messages of a stream come one by one, until the answer", "[mcp]") {
  const auto reader = upstream_reader(7);
  auto step = reader->feed("id: 1\ndata: \n\n: alive\n\n");
  REQUIRE(step.has_value());
  CHECK(step->out.empty());
  CHECK_FALSE(step->has_token);
  const auto first = event(progress);
  step = reader->feed(std::string_view{first}.substr(0, 9));
  REQUIRE(step.has_value());
  CHECK(step->out.empty());
  step = reader->feed(std::string_view{first}.substr(9));
  REQUIRE(step.has_value());
  CHECK(step->out == "event: message\n" + first);
  CHECK(step->has_token);
  CHECK_FALSE(step->done);
  step = reader->feed(event(answer) + event(progress));
  REQUIRE(step.has_value());
  CHECK(step->out == "event: message\n" + event(answer));
  CHECK(step->done);
}

TEST_CASE("an answer to another request is nobody's", "[mcp]") {
  const auto reader = upstream_reader(7);
  const auto step
    = reader->feed(event(R"({"jsonrpc":"2.0","id":6,"result":{}})"));
  REQUIRE(step.has_value());
  CHECK(step->out.empty());
  CHECK_FALSE(step->done);
}

TEST_CASE("a stream with what is no message in it is a fault", "[mcp]") {
  const auto step = upstream_reader(7)->feed(event("nonsense"));
  REQUIRE_FALSE(step.has_value());
  CHECK(step.error().kind == failure_kind::decode);
}

TEST_CASE("a stream that ends before the answer is a fault", "[mcp]") {
  const auto reader = upstream_reader(7);
  REQUIRE(reader->feed(event(progress)).has_value());
  const auto step = reader->close();
  REQUIRE_FALSE(step.has_value());
  CHECK(step.error().kind == failure_kind::eof);
  CHECK_FALSE(reader->usage().known);
}
