#include "protocol/mcp/federation.hpp"

#include "tests/support/catch.hpp"

using namespace caisson;
using namespace caisson::protocol::mcp;

namespace {

upstream_offer tool(std::string name) {
  upstream_offer made;
  made.definition = R"({"name":")" + name + R"("})";
  made.name = std::move(name);
  return made;
}

std::shared_ptr<server_offers> server(std::string name,
                                      std::vector<std::string> tools) {
  auto made = std::make_shared<server_offers>();
  made->name = std::move(name);
  for (auto& one : tools)
    made->lists[0].push_back(tool(one));
  return made;
}

catalogue own() {
  catalogue made;
  made.tools.push_back({"search_tools", "", "", "caisson", R"({"own":1})"});
  return made;
}

std::vector<std::string> names(const federation& all) {
  std::vector<std::string> found;
  for (const auto& one : all.all().tools)
    found.push_back(one.name);
  return found;
}

using list = std::vector<std::string>;

} // namespace

TEST_CASE("own offers come first, then the servers in their order", "[mcp]") {
  const federation all{own(), {server("a", {"z", "y"}), server("b", {"x"})}};
  CHECK(names(all) == list{"search_tools", "z", "y", "x"});
  const auto found = all.find(offer_kind::tool, "x");
  REQUIRE(found);
  CHECK(found->server == 1);
  CHECK(all.server(1).name == "b");
  CHECK_FALSE(all.find(offer_kind::tool, "search_tools"));
  CHECK_FALSE(all.find(offer_kind::tool, "w"));
}

TEST_CASE("of two with the same name the second bears its server's", "[mcp]") {
  const federation all{
    own(), {server("a", {"x"}), server("b", {"x", "search_tools"})}};
  CHECK(names(all) == list{"search_tools", "x", "b__x", "b__search_tools"});
  const auto found = all.find(offer_kind::tool, "b__x");
  REQUIRE(found);
  CHECK(found->what->name == "x");
  CHECK(all.all().tools.at(2).definition == R"({"name":"b__x"})");
}

TEST_CASE("whose names never begin with its own offers only what is new",
          "[mcp]") {
  auto second = server("b", {"x", "y"});
  second->rules.prefix = name_prefix::never;
  const federation all{own(), {server("a", {"x"}), second}};
  CHECK(names(all) == list{"search_tools", "x", "y"});
  CHECK(all.find(offer_kind::tool, "x")->server == 0);
}

TEST_CASE("whose names always do is found by these alone", "[mcp]") {
  auto first = server("a", {"x"});
  first->rules.prefix = name_prefix::always;
  const federation all{own(), {first}};
  CHECK(names(all) == list{"search_tools", "a__x"});
  CHECK_FALSE(all.find(offer_kind::tool, "x"));
}

TEST_CASE("what is not allowed, or is denied, is neither listed nor found",
          "[mcp]") {
  auto first = server("a", {"read_one", "read_all", "write"});
  first->rules.tools.allow = {"read_*"};
  first->rules.tools.deny = {"read_all"};
  const federation all{own(), {first}};
  CHECK(names(all) == list{"search_tools", "read_one"});
  CHECK_FALSE(all.find(offer_kind::tool, "write"));
  CHECK_FALSE(all.find(offer_kind::tool, "read_all"));
}

TEST_CASE("names are no longer than clients bear", "[mcp]") {
  const federation all{own(), {server("a", {std::string(100, 'n')})}};
  CHECK(names(all).at(1).size() == 64);
  CHECK(all.find(offer_kind::tool, names(all).at(1)));
}

TEST_CASE("a resource is read by who lists it, else by who has its template",
          "[mcp]") {
  auto first = std::make_shared<server_offers>();
  first->lists[3].push_back({"t://{id}", "", "", "{}", false, {}});
  auto second = std::make_shared<server_offers>();
  second->lists[2].push_back({"t://1", "", "", "{}", false, {}});
  const federation all{{}, {first, second}};
  CHECK(all.reader("t://1")->server == 1);
  CHECK(all.reader("t://2")->server == 0);
  CHECK_FALSE(all.reader("u://1"));
  CHECK(all.all().resources.size() == 1);
  CHECK(all.all().templates.size() == 1);
}

TEST_CASE("of two resources of one address the first is offered", "[mcp]") {
  auto one = std::make_shared<server_offers>();
  one->lists[2].push_back({"t://1", "", "", R"({"a":1})", false, {}});
  auto two = std::make_shared<server_offers>();
  two->lists[2].push_back({"t://1", "", "", R"({"b":1})", false, {}});
  const federation all{{}, {one, two}};
  REQUIRE(all.all().resources.size() == 1);
  CHECK(all.all().resources.front().definition == R"({"a":1})");
}
