#include "protocol/mcp/listing.hpp"

#include "tests/support/catch.hpp"

using namespace caisson::protocol::mcp;

TEST_CASE("a short list is one page", "[mcp]") {
  CHECK(*write_page("tools", {}, {}) == R"({"tools":[]})");
  CHECK(*write_page("tools", {R"({"a":1})", R"({"b":2})"}, {})
        == R"({"tools":[{"a":1},{"b":2}]})");
}

TEST_CASE("a long list goes on where a page says", "[mcp]") {
  const std::vector<std::string_view> all(page_size + 1, "1");
  const auto first = write_page("prompts", all, {});
  REQUIRE(first.has_value());
  const auto mark = first->find(R"("nextCursor":")");
  REQUIRE(mark != first->npos);
  const auto begin = mark + 14;
  const auto cursor = first->substr(begin, first->find('"', begin) - begin);
  CHECK(*write_page("prompts", all, cursor) == R"({"prompts":[1]})");
  // It has become shorter meanwhile.
  CHECK(*write_page("prompts", {"1"}, cursor) == R"({"prompts":[]})");
}

TEST_CASE("a cursor that is none of ours is refused", "[mcp]") {
  for (const auto* cursor : {"", "2", "from-", "from-x", "from-0", "from--1",
                             "from-1x", "from-99999999999999999999999"}) {
    const auto page = write_page("tools", {"1"}, std::string{cursor});
    INFO(cursor);
    REQUIRE(page.has_error());
    CHECK(page.error().code == error_code::invalid_params);
  }
}
