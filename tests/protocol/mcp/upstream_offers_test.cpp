#include "protocol/mcp/upstream_offers.hpp"

#include "protocol/json/strict.hpp"
#include "tests/support/catch.hpp"

using namespace caisson::protocol;
using namespace caisson::protocol::mcp;

namespace {

/// As it stands in a body that has been read: with something behind it.
std::optional<offer_page> read(offer_kind of, std::string result) {
  result.reserve(result.size() + json::padding);
  return read_offers(of, result);
}

} // namespace

TEST_CASE("what a server lists is kept as it says it", "[mcp]") {
  const std::string tool
    = R"({ "name":"a\u0062", "title":"T", "description":"D",)"
      R"("inputSchema":{"type":"object"}, "x":[1, 2]})";
  const auto page
    = read(offer_kind::tool, R"({"tools":[)" + tool + R"(],"nextCursor":"c"})");
  REQUIRE(page);
  REQUIRE(page->offers.size() == 1);
  const auto& one = page->offers.front();
  CHECK(one.name == "ab");
  CHECK(one.title == "T");
  CHECK(one.description == "D");
  CHECK(one.definition == tool);
  CHECK_FALSE(one.repeatable);
  CHECK(page->next == "c");
}

TEST_CASE("a tool may be called again only where its hints say so", "[mcp]") {
  const auto repeatable = [](std::string hints) {
    const auto page
      = read(offer_kind::tool, R"({"tools":[{"name":"t","inputSchema":{},)"
                               R"("annotations":)"
                                 + hints + "}]}");
    return page->offers.at(0).repeatable;
  };
  CHECK(repeatable(R"({"readOnlyHint":true})"));
  CHECK(repeatable(R"({"idempotentHint":true})"));
  CHECK_FALSE(repeatable(R"({"readOnlyHint":false})"));
  CHECK_FALSE(repeatable(R"({"readOnlyHint":"true"})"));
  CHECK_FALSE(repeatable("{}"));
}

TEST_CASE("what cannot be offered is left out, and nothing with it", "[mcp]") {
  const auto page
    = read(offer_kind::tool,
           R"({"tools":[{"inputSchema":{}},{"name":"","inputSchema":{}},7,)"
           R"({"name":"none"},{"name":"bad","inputSchema":{"properties":)"
           R"({"a":{"type":"array","x-mcp-header":"A"}}}},)"
           R"({"name":"good","inputSchema":{"properties":)"
           R"({"a":{"type":"string","x-mcp-header":"A"}}}}]})");
  REQUIRE(page);
  REQUIRE(page->offers.size() == 1);
  CHECK(page->offers.front().name == "good");
  CHECK(page->offers.front().mirrored.at(0).header == "Mcp-Param-A");
  CHECK_FALSE(page->next);
}

TEST_CASE("each list is found by its own words", "[mcp]") {
  CHECK(
    read(offer_kind::prompt, R"({"prompts":[{"name":"p"}]})")->offers.at(0).name
    == "p");
  CHECK(read(offer_kind::resource, R"({"resources":[{"uri":"a://b"}]})")
          ->offers.at(0)
          .name
        == "a://b");
  CHECK(
    read(offer_kind::pattern, R"({"resourceTemplates":[{"uriTemplate":"a"}]})")
      ->offers.at(0)
      .name
    == "a");
  CHECK(list_method(offer_kind::pattern) == "resources/templates/list");
  CHECK_FALSE(read(offer_kind::tool, R"({"prompts":[]})"));
  CHECK_FALSE(read(offer_kind::tool, R"({"tools":{}})"));
}

TEST_CASE("another name takes the place of the first, and only of that",
          "[mcp]") {
  upstream_offer one;
  one.definition = R"({"x":{"name":"inner"},"name" : "old","y":"old"})";
  CHECK(renamed(one, "n\"w")
        == R"({"x":{"name":"inner"},"name" : "n\"w","y":"old"})");
}
