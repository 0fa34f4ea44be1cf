#include "protocol/mcp/server_card.hpp"

#include "protocol/mcp/message.hpp"
#include "tests/support/catch.hpp"

using namespace caisson::protocol::mcp;

namespace {

checked<introduction> introduce(const std::string& params) {
  std::string body
    = R"({"jsonrpc":"2.0","id":0,"method":"initialize","params":)" + params
      + '}';
  auto read = read_body(body);
  REQUIRE(read.has_value());
  return read_initialize(read_params(read->messages.front().params));
}

const server_card card{R"({"name":"n","version":"1"})", R"({"tools":{}})",
                       "Ask \"nicely\"."};

} // namespace

TEST_CASE("a client introduces itself and a revision is agreed on", "[mcp]") {
  const auto hello
    = introduce(R"({"protocolVersion":"2025-06-18","clientInfo":{"name":"c"},)"
                R"("capabilities":{"sampling":{},"elicitation":{"url":{}}}})");
  REQUIRE(hello.has_value());
  CHECK(hello->spoken == revision::v2025_06_18);
  CHECK(hello->client == client_features{true, false, true, false});
}

TEST_CASE("an introduction that is not whole is refused", "[mcp]") {
  for (auto params :
       {R"({})", R"({"protocolVersion":7,"clientInfo":{},"capabilities":{}})",
        R"({"protocolVersion":"2025-06-18","clientInfo":{}})",
        R"({"protocolVersion":"2025-06-18","capabilities":{}})"}) {
    INFO(params);
    CHECK(introduce(params).error().code == error_code::invalid_params);
  }
}

TEST_CASE("a server introduces itself in either era", "[mcp]") {
  CHECK(write_initialize(revision::v2025_11_25, card)
        == R"({"protocolVersion":"2025-11-25","capabilities":{"tools":{}},)"
           R"("serverInfo":{"name":"n","version":"1"},)"
           R"("instructions":"Ask \"nicely\"."})");
  CHECK(
    write_discover({card.info, card.capabilities, {}})
    == R"({"supportedVersions":["2026-07-28"],"capabilities":{"tools":{}}})");
}
