#include "protocol/mcp/input_required.hpp"

#include "tests/support/catch.hpp"

using namespace caisson::protocol::mcp;

namespace {

const std::vector<input_request> two{
  {"na\"me", "elicitation/create", R"({"message":"?"})"},
  {"where", "roots/list", {}}};

/// JSON with something behind it, as in a body.
std::string in_body(std::string text) {
  text.reserve(text.size() + 64);
  return text;
}

} // namespace

TEST_CASE("what a server wants is read as it is written", "[mcp]") {
  const auto text = in_body(
    R"({"resultType":"input_required","requestState":"s","inputRequests":)"
    R"({"a":{"method":"roots/list"},)"
    R"("b":{"method":"elicitation/create","params":{"message":"m"}}}})");
  const auto read = read_input_required(text);
  REQUIRE(read);
  REQUIRE(read->requests.size() == 2);
  CHECK(read->requests[0].key == "a");
  CHECK(read->requests[0].params.empty());
  CHECK(read->requests[1].method == "elicitation/create");
  CHECK(read->requests[1].params == R"({"message":"m"})");
  CHECK(read->state == "s");
  for (auto* wrong :
       {"{}", R"({"resultType":"complete"})",
        R"({"resultType":"input_required"})",
        R"({"resultType":"input_required","inputRequests":{"a":{}}})"})
    CHECK_FALSE(read_input_required(in_body(wrong)));
}

TEST_CASE("a request comes again with what was wanted", "[mcp]") {
  CHECK(write_input_responses({{"a", "1"}, {"b\"", R"({"c":2})"}}, "s")
        == R"("inputResponses":{"a":1,"b\"":{"c":2}},"requestState":"s")");
  CHECK(write_input_responses({}, {}) == R"("inputResponses":{})");
}

TEST_CASE("questions go out by their keys, with the state", "[mcp]") {
  CHECK(write_input_required(two, "s3al")
        == R"({"inputRequests":{"na\"me":{"method":"elicitation/create",)"
           R"("params":{"message":"?"}},"where":{"method":"roots/list"}},)"
           R"("requestState":"s3al"})");
  CHECK(write_input_required({}, "") == R"({"inputRequests":{}})");
}

TEST_CASE("a client is asked only what it has declared", "[mcp]") {
  CHECK_FALSE(check_askable(two, in_body(R"({"elicitation":{},"roots":{}})")));
  CHECK_FALSE(check_askable({}, {}));
  const auto refusal = check_askable(two, in_body(R"({"sampling":{}})"));
  REQUIRE(refusal);
  CHECK(refusal->code == error_code::missing_capability);
  CHECK(refusal->status == 400);
  CHECK(refusal->data
        == R"({"requiredCapabilities":{"elicitation":{},"roots":{}}})");
}
