#include "protocol/mcp/client_features.hpp"

#include "protocol/mcp/message.hpp"
#include "protocol/mcp/params.hpp"
#include "tests/support/catch.hpp"

using namespace caisson::protocol::mcp;

namespace {

client_features features(const std::string& capabilities) {
  std::string body
    = R"({"jsonrpc":"2.0","method":"m","params":)" + capabilities + '}';
  auto read = read_body(body);
  REQUIRE(read.has_value());
  return read_features(read->messages.front().params);
}

} // namespace

TEST_CASE("elicitation without a mode means forms", "[mcp]") {
  CHECK(features("{}") == client_features{});
  CHECK(features(R"({"elicitation":{}})").elicitation);
  CHECK_FALSE(features(R"({"elicitation":{}})").elicitation_url);
  CHECK(features(R"({"elicitation":{"url":{}}})").elicitation_url);
  CHECK_FALSE(features(R"({"elicitation":{"url":{}}})").elicitation);
  CHECK(features(R"({"elicitation":{"url":{},"form":{}}})").elicitation);
  CHECK(features(R"({"sampling":{},"roots":{"listChanged":true}})")
        == client_features{true, false, false, true});
}

TEST_CASE("features are the same after they were bits", "[mcp]") {
  for (std::uint8_t bits = 0; bits < 16; ++bits)
    CHECK(to_bits(features_of(bits)) == bits);
}
