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
  CHECK_FALSE(bound_result(whole, at_most(whole.size())));
}

TEST_CASE("the texts of a large one are cut, and it says so", "[mcp]") {
  const auto whole = R"({"content":[)" + text("first") + ','
                     + text(std::string(5000, 'x')) + ',' + text("last")
                     + R"(],"structuredContent":{"x":1},)"
                     + R"("isError":false})";
  const auto cut = bound_result(whole, at_most(1024));
  REQUIRE(cut);
  CHECK(cut->how == large_result::truncate);
  const auto read = bj::parse(cut->members);
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
  const auto content = bj::parse(bound_result(whole, at_most(1024))->members)
                         .at("content")
                         .as_array();
  REQUIRE(content.size() == 2);
  CHECK(content.at(0).at("text") == "after");
}

TEST_CASE("no character is cut in two by a bound", "[mcp]") {
  std::string euros;
  for (int i = 0; i < 1000; ++i)
    euros += "\xe2\x82\xac";
  for (std::uint64_t size = 1024; size < 1028; ++size) {
    const auto cut
      = bound_result(R"({"content":[)" + text(euros) + "]}", at_most(size));
    const auto shown = bj::parse(cut->members).at("content").at(0).at("text");
    CHECK(shown.as_string().size() % 3 == 0);
  }
}

TEST_CASE("where that is wished a large result is an error of the tool",
          "[mcp]") {
  auto rules = at_most(1024);
  rules.on_large_result = large_result::error;
  const auto whole = R"({"content":[)" + text(std::string(5000, 'x')) + "]}";
  const auto bounded = bound_result(whole, rules);
  CHECK(bounded->how == large_result::error);
  const auto read = bj::parse(bounded->members);
  CHECK(read.at("isError") == true);
  CHECK(read.at("content").as_array().size() == 1);
}

TEST_CASE("a large result without content is an error of the tool", "[mcp]") {
  const auto whole
    = R"({"structuredContent":{"x":")" + std::string(5000, 'x') + R"("}})";
  const auto bounded = bound_result(whole, at_most(1024));
  CHECK(bounded->how == large_result::error);
  CHECK(bj::parse(bounded->members).at("isError") == true);
}

// -- kept ---------------------------------------------------------------------

namespace {

/// Keeps one result, in one part, and shows what it was.
struct shelf {
  std::string text;
  std::string media;
  std::uint64_t part_size = 0;
  std::size_t parts = 1;
  bool room = true;

  result_keeper keeper(bool links = true) {
    return {[this](std::string what, std::string_view type,
                   std::uint64_t most) -> std::optional<kept_result> {
              if (!room)
                return std::nullopt;
              text = std::move(what);
              media = type;
              part_size = most;
              return kept_result{"0f", parts, std::chrono::seconds{600}};
            },
            links};
  }
};

mcp_server_settings spilling(std::uint64_t size) {
  auto rules = at_most(size);
  rules.on_large_result = large_result::spill;
  return rules;
}

} // namespace

TEST_CASE("a large text is kept whole, and its place is a link", "[mcp]") {
  shelf it;
  const std::string said(5000, 'x');
  const auto whole = R"({"content":[)" + text(said)
                     + R"(],"structuredContent":{"x":1},"_meta":{"k":1}})";
  const auto bounded = bound_result(whole, spilling(1024), it.keeper());
  REQUIRE(bounded);
  CHECK(bounded->how == large_result::spill);
  CHECK(it.text == said);
  CHECK(it.media == "text/plain");
  CHECK(it.part_size == 1024);
  const auto read = bj::parse(bounded->members);
  const auto& content = read.at("content").as_array();
  REQUIRE(content.size() == 3);
  const std::string_view told = content.at(0).at("text").as_string();
  CHECK(told.find("caisson://spill/0f.") != told.npos);
  CHECK(told.find("600 s") != told.npos);
  CHECK(content.at(1).at("type") == "resource_link");
  CHECK(content.at(1).at("uri") == "caisson://spill/0f");
  CHECK(content.at(1).at("mimeType") == "text/plain");
  CHECK(content.at(1).at("size") == 5000);
  CHECK(content.at(2).at("text").as_string().starts_with("It begins: xxx"));
  CHECK(bounded->members.size() < 1024);
  CHECK_FALSE(read.as_object().contains("structuredContent"));
  CHECK_FALSE(read.as_object().contains("isError"));
  CHECK(read.at("_meta").at("k") == 1);
}

TEST_CASE("what is more than a text is kept as it came", "[mcp]") {
  shelf it;
  const auto whole = R"({"content":[)" + text("a") + ','
                     + text(std::string(5000, 'x')) + R"(],"isError":true})";
  const auto bounded = bound_result(whole, spilling(1024), it.keeper());
  CHECK(it.text == whole);
  CHECK(it.media == "application/json");
  const auto read = bj::parse(bounded->members);
  CHECK(read.at("isError") == true);
  CHECK(read.at("content").as_array().size() == 2);
}

TEST_CASE("of several parts the last is named", "[mcp]") {
  shelf it;
  it.parts = 3;
  const auto bounded
    = bound_result(R"({"content":[)" + text(std::string(5000, 'x')) + "]}",
                   spilling(1024), it.keeper());
  CHECK(bounded->members.find("in 3 parts") != std::string::npos);
  CHECK(bounded->members.find("caisson://spill/0f/3") != std::string::npos);
}

TEST_CASE("who knows no links is told where to read by words alone", "[mcp]") {
  shelf it;
  const auto bounded
    = bound_result(R"({"content":[)" + text(std::string(5000, 'x')) + "]}",
                   spilling(1024), it.keeper(false));
  CHECK(bounded->members.find("resource_link") == std::string::npos);
  CHECK(bounded->members.find("caisson://spill/0f") != std::string::npos);
}

TEST_CASE("what cannot be kept is cut", "[mcp]") {
  shelf it;
  it.room = false;
  const auto whole = R"({"content":[)" + text(std::string(5000, 'x')) + "]}";
  for (const auto& keeper : {it.keeper(), result_keeper{}}) {
    const auto bounded = bound_result(whole, spilling(1024), keeper);
    CHECK(bounded->how == large_result::truncate);
    CHECK(bj::parse(bounded->members).at("content").as_array().size() == 2);
  }
}
