#include "protocol/mcp/error.hpp"

#include "tests/support/catch.hpp"

using namespace caisson::protocol::mcp;

TEST_CASE("each refusal has the code and the status of its era", "[mcp]") {
  CHECK(method_not_found(era::legacy, "x").status == 200);
  CHECK(method_not_found(era::modern, "x").status == 404);
  CHECK(invalid_params("x").status == 200);
  CHECK(invalid_envelope("x").status == 400);
  CHECK(static_cast<int>(resource_not_found(era::legacy, "u").code) == -32002);
  CHECK(resource_not_found(era::modern, "u").code
        == error_code::invalid_params);
  CHECK(resource_not_found(era::modern, "a\"b").data == R"({"uri":"a\"b"})");
  CHECK(session_not_found().status == 404);
  CHECK(session_required().status == 400);
  CHECK(missing_capability(R"({"sampling":{}})").data
        == R"({"requiredCapabilities":{"sampling":{}}})");
}

TEST_CASE("of what was sent, a sentence repeats a bearable name", "[mcp]") {
  CHECK(method_not_found(era::legacy, std::string(129, 'x')).message.size()
        < 40);
  CHECK(method_not_found(era::legacy, "a\xff").message
        == "Method not found: a?");
}

TEST_CASE("reading the value of a refusal is a bug", "[mcp]") {
  const checked<int> refused = session_required();
  CHECK_THROWS(refused.value());
}
