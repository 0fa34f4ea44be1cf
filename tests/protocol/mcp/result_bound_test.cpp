#include "protocol/mcp/result_bound.hpp"

#include <boost/json/parse.hpp>

#include "tests/support/catch.hpp"

using namespace caisson;
using namespace caisson::protocol::mcp;

namespace bj = boost::json;

namespace {

mcp_server_settings at_most(std::uint64_t size) {
  mcp_server_settings rules;
  rules.max_result = size;
  return rules;
}

std::string text(std::string_view what) {
  return R"({"type":"text","text":")" + std::string{what} + R"("})";
}

} // namespace

TEST_CASE("a result that fits is left alone", "[mcp]") {
  const auto whole = R"({"content":[)" + text("short") + "]}";
  CHECK_FALSE(bounded_result(whole, at_most(whole.size())));
}

TEST_CASE("the texts of a large one are cut, and it says so", "[mcp]") {
  const auto whole = R"({"content":[)" + text("first") + ','
                     + text(std::string(5000, 'x')) + ',' + text("last")
                     + R"(],"structuredContent":{"x":1},)"
                     + R"("isError":false})";
  const auto cut = bounded_result(whole, at_most(1024));
  REQUIRE(cut);
  const auto read = bj::parse(*cut);
  const auto& content = read.at("content").as_array();
  REQUIRE(content.size() == 3);
  CHECK(content.at(0).at("text") == "first");
  CHECK(content.at(1).at("text").as_string().size() < 1024);
  CHECK(content.at(1).at("text").as_string().starts_with("xxx"));
  const std::string_view note = content.at(2).at("text").as_string();
  CHECK(note.find(std::to_string(whole.size())) != note.npos);
  CHECK_FALSE(read.as_object().contains("structuredContent"));
  CHECK(read.at("isError") == false);
}

TEST_CASE("what cannot be cut is left out", "[mcp]") {
  const auto whole = R"({"content":[{"type":"image","data":")"
                     + std::string(5000, 'A') + R"("},)" + text("after") + "]}";
  const auto content
    = bj::parse(*bounded_result(whole, at_most(1024))).at("content").as_array();
  REQUIRE(content.size() == 2);
  CHECK(content.at(0).at("text") == "after");
}

TEST_CASE("no character is cut in two by a bound", "[mcp]") {
  std::string euros;
  for (int i = 0; i < 1000; ++i)
    euros += "\xe2\x82\xac";
  for (std::uint64_t size = 1024; size < 1028; ++size) {
    const auto cut
      = bounded_result(R"({"content":[)" + text(euros) + "]}", at_most(size));
    const auto shown = bj::parse(*cut).at("content").at(0).at("text");
    CHECK(shown.as_string().size() % 3 == 0);
  }
}

TEST_CASE("where that is wished a large result is an error of the tool",
          "[mcp]") {
  auto rules = at_most(1024);
  rules.on_large_result = large_result::error;
  const auto whole = R"({"content":[)" + text(std::string(5000, 'x')) + "]}";
  const auto read = bj::parse(*bounded_result(whole, rules));
  CHECK(read.at("isError") == true);
  CHECK(read.at("content").as_array().size() == 1);
}

TEST_CASE("a large result without content is an error of the tool", "[mcp]") {
  const auto whole
    = R"({"structuredContent":{"x":")" + std::string(5000, 'x') + R"("}})";
  CHECK(bj::parse(*bounded_result(whole, at_most(1024))).at("isError") == true);
}
