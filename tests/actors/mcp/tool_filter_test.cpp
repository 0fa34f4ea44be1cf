#include "actors/mcp/tool_filter.hpp"

#include "tests/support/catch.hpp"

using namespace caisson;

TEST_CASE("a star at the end stands for any rest, and only there") {
  CHECK(listed("read", "read"));
  CHECK_FALSE(listed("reader", "read"));
  CHECK(listed("reader", "read*"));
  CHECK(listed("read", "read*"));
  CHECK(listed("anything", "*"));
  CHECK_FALSE(listed("reader", "*er"));
}

TEST_CASE("a filter that says nothing lets all tools through") {
  tool_filter by;
  CHECK(by.passes_all());
  CHECK(by.passes("read"));
}

TEST_CASE("what is allowed passes, but for what is denied") {
  tool_filter by{{"read_*", "write"}, {"read_all", "drop*"}};
  CHECK_FALSE(by.passes_all());
  CHECK(by.passes("read_one"));
  CHECK(by.passes("write"));
  CHECK_FALSE(by.passes("read_all"));
  CHECK_FALSE(by.passes("search"));
  by.allow.clear();
  CHECK(by.passes("search"));
  CHECK_FALSE(by.passes("drop_table"));
}

TEST_CASE("each tier has a filter of its own") {
  tool_tiers all;
  all.anonymous.allow = {"a"};
  all.free.allow = {"f"};
  all.standard.allow = {"s"};
  all.premium.allow = {"p"};
  all.enterprise.allow = {"e"};
  for (auto which : {tier::anonymous, tier::free, tier::standard, tier::premium,
                     tier::enterprise})
    CHECK(all.of(which).allow.front() == name_of(which).substr(0, 1));
}
