#include "protocol/mcp/input_required.hpp"

#include "tests/support/catch.hpp"

using namespace caisson::protocol::mcp;

namespace {

const std::vector<input_request> two{
  {"na\"me", "elicitation/create", R"({"message":"?"})"},
  {"where", "roots/list", {}}};

/// Capabilities with something behind them, as in a body.
std::string capabilities(std::string text) {
  text.reserve(text.size() + 64);
  return text;
}

} // namespace

TEST_CASE("questions go out by their keys, with the state", "[mcp]") {
  CHECK(write_input_required(two, "s3al")
        == R"({"inputRequests":{"na\"me":{"method":"elicitation/create",)"
           R"("params":{"message":"?"}},"where":{"method":"roots/list"}},)"
           R"("requestState":"s3al"})");
  CHECK(write_input_required({}, "") == R"({"inputRequests":{}})");
}

TEST_CASE("a client is asked only what it has declared", "[mcp]") {
  CHECK_FALSE(
    check_askable(two, capabilities(R"({"elicitation":{},"roots":{}})")));
  CHECK_FALSE(check_askable({}, {}));
  const auto refusal = check_askable(two, capabilities(R"({"sampling":{}})"));
  REQUIRE(refusal);
  CHECK(refusal->code == error_code::missing_capability);
  CHECK(refusal->status == 400);
  CHECK(refusal->data
        == R"({"requiredCapabilities":{"elicitation":{},"roots":{}}})");
}
