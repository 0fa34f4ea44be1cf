#include "protocol/mcp/tool_search.hpp"

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>

#include "tests/support/catch.hpp"

using namespace caisson::protocol::mcp;

namespace bj = boost::json;

namespace {

const catalogue all{
  {{"send_mail", "Mail", "Sends a file by mail.", "mail",
    R"({"name":"send_mail"})"},
   {"read_file", "Read", "Reads a file.", "files", R"({"name":"read_file"})"},
   {"list", "List files", "Lists a folder.", "files", R"({"name":"list"})"}},
  {},
  {}};

bj::value found(std::string_view arguments) {
  const auto result = search_tools(all, arguments);
  CHECK_FALSE(result.failed);
  const auto read = bj::parse(result.members);
  // Clients without structured content are told the same.
  CHECK(bj::parse(read.at("content").at(0).at("text").as_string())
        == read.at("structuredContent"));
  return read.at("structuredContent");
}

std::vector<std::string> names(std::string_view arguments) {
  std::vector<std::string> list;
  const auto result = found(arguments);
  for (const auto& one : result.at("tools").as_array())
    list.emplace_back(one.at("name").as_string());
  return list;
}

using strings = std::vector<std::string>;

} // namespace

TEST_CASE("without words all tools are found, in their order", "[mcp]") {
  CHECK(names("") == strings{"send_mail", "read_file", "list"});
  CHECK(names("{}") == strings{"send_mail", "read_file", "list"});
}

TEST_CASE("tools are found by words, names before titles before descriptions",
          "[mcp]") {
  CHECK(names(R"({"query":"FILE"})")
        == strings{"read_file", "list", "send_mail"});
  CHECK(names(R"({"query":"file mail"})") == strings{"send_mail"});
  CHECK(names(R"({"query":"folder"})") == strings{"list"});
  CHECK(names(R"({"query":"nonsense"})").empty());
}

TEST_CASE("tools are found by category", "[mcp]") {
  CHECK(names(R"({"category":"mail"})") == strings{"send_mail"});
  CHECK(names(R"({"category":"none"})").empty());
}

TEST_CASE("as much is told of a tool as was asked for", "[mcp]") {
  CHECK(bj::serialize(found(R"({"query":"folder","detail":"name"})"))
        == R"({"total":1,"tools":[{"name":"list"}]})");
  CHECK(bj::serialize(found(R"({"query":"folder"})"))
        == R"({"total":1,"tools":[{"name":"list","title":"List files",)"
           R"("description":"Lists a folder.","category":"files"}]})");
  CHECK(found(R"({"query":"folder","detail":"full"})")
          .at("tools")
          .at(0)
          .at("definition")
          .at("name")
        == "list");
}

TEST_CASE("no more are told of than was asked for, and how many there are",
          "[mcp]") {
  const auto result = found(R"({"limit":1})");
  CHECK(result.at("total") == 3);
  CHECK(result.at("tools").as_array().size() == 1);
}

TEST_CASE("a model may mend its arguments by what it is told", "[mcp]") {
  for (const auto& arguments :
       {std::string{R"({"query":1})"}, std::string{R"({"category":null})"},
        std::string{R"({"detail":"all"})"}, std::string{R"({"limit":0})"},
        std::string{R"({"limit":101})"}, std::string{R"({"limit":1.5})"},
        std::string{R"({"words":"x"})"},
        R"({"query":")" + std::string(201, 'x') + R"("})"}) {
    const auto result = search_tools(all, arguments);
    INFO(arguments);
    CHECK(result.failed);
    const auto read = bj::parse(result.members);
    CHECK(read.at("isError").as_bool());
    CHECK_FALSE(read.at("content").at(0).at("text").as_string().empty());
  }
}

TEST_CASE("the tool says what it takes and what it answers", "[mcp]") {
  const auto offered = search_tools_offer();
  const auto read = bj::parse(offered.definition);
  CHECK(read.at("name") == bj::string{offered.name});
  for (auto schema : {"inputSchema", "outputSchema"})
    CHECK(read.at(schema).at("$schema")
          == "https://json-schema.org/draft/2020-12/schema");
  CHECK(read.at("annotations").at("readOnlyHint").as_bool());
}
