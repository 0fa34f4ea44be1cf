#include "protocol/mcp/uri_template.hpp"

#include "tests/support/catch.hpp"

using namespace caisson::protocol::mcp;

TEST_CASE("a URI is of a template whose text it has, with something for each "
          "expression",
          "[mcp]") {
  CHECK(fits("test://template/123/data", "test://template/{id}/data"));
  CHECK(fits("a://x", "a://{all}"));
  CHECK(fits("a://x-y", "a://{one}-{two}"));
  CHECK(fits("a://b", "a://b"));
  CHECK_FALSE(fits("test://template//data", "test://template/{id}/data"));
  CHECK_FALSE(fits("test://template/1/2/data", "test://template/{id}/data"));
  CHECK_FALSE(fits("test://template/1/data/more", "test://template/{id}/data"));
  CHECK_FALSE(fits("b://x", "a://{all}"));
  CHECK_FALSE(fits("a://", "a://{all}"));
}

TEST_CASE("only {+…} takes slashes", "[mcp]") {
  CHECK(fits("file:///a/b.txt", "file:///{+path}"));
  CHECK_FALSE(fits("file:///a/b.txt", "file:///{path}"));
}

TEST_CASE("a brace that is not closed is text", "[mcp]") {
  CHECK(fits("a://{b", "a://{b"));
  CHECK_FALSE(fits("a://c", "a://{b"));
}
