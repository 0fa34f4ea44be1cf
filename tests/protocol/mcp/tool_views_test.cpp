#include "protocol/mcp/tool_views.hpp"

#include "protocol/mcp/listing.hpp"
#include "tests/support/catch.hpp"

using namespace caisson;
using namespace caisson::protocol::mcp;

namespace {

catalogue of_tools(std::vector<std::string> names) {
  catalogue made;
  for (auto& one : names) {
    auto definition = '"' + one + '"';
    made.tools.push_back({std::move(one), "", "", "", std::move(definition)});
  }
  made.prompts.push_back({"greet", "{}"});
  return made;
}

std::vector<std::string> names(const catalogue& all) {
  std::vector<std::string> found;
  for (const auto& one : all.tools)
    found.push_back(one.name);
  return found;
}

using list = std::vector<std::string>;

} // namespace

TEST_CASE("where nobody is held back from anything all see the same", "[mcp]") {
  const auto all = of_tools({"a", "b"});
  const tool_views views{all, {}};
  CHECK_FALSE(views.differ());
  CHECK(&views.of(tier::free, all) == &all);
  CHECK(views.shows(tier::anonymous, "a"));
}

TEST_CASE("a tier is shown what its filter lets through, in the same order",
          "[mcp]") {
  const auto all = of_tools({"z_read", "a_read", "z_drop", "m"});
  tool_tiers by;
  by.free.allow = {"z_*", "m"};
  by.free.deny = {"z_drop"};
  const tool_views views{all, by};
  CHECK(views.differ());
  CHECK(names(views.of(tier::free, all)) == list{"z_read", "m"});
  CHECK(views.of(tier::free, all).prompts.size() == 1);
  CHECK(names(views.of(tier::premium, all)) == names(all));
  CHECK(views.shows(tier::free, "z_read"));
  CHECK_FALSE(views.shows(tier::free, "z_drop"));
  CHECK_FALSE(views.shows(tier::free, "a_read"));
  CHECK(views.shows(tier::premium, "a_read"));
}

TEST_CASE("cursors go through what a tier is shown, and nothing else",
          "[mcp]") {
  list every;
  for (int i = 0; i < 600; ++i)
    every.push_back((i % 2 ? "odd" : "even") + std::to_string(i));
  const auto all = of_tools(every);
  tool_tiers by;
  by.free.deny = {"odd*"};
  const tool_views views{all, by};
  std::vector<std::string_view> shown;
  for (const auto& one : views.of(tier::free, all).tools)
    shown.push_back(one.definition);
  const auto first = write_page("tools", shown, std::nullopt);
  REQUIRE(first.has_value());
  CHECK(first->find("odd") == first->npos);
  CHECK(first->find(R"("nextCursor":"from-250")") != first->npos);
  const auto second = write_page("tools", shown, "from-250");
  REQUIRE(second.has_value());
  CHECK(second->starts_with(R"({"tools":["even500")"));
  CHECK(second->find("nextCursor") == second->npos);
}
