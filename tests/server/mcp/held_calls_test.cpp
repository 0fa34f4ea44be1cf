#include "server/mcp/held_calls.hpp"

#include "tests/support/catch.hpp"

using namespace caisson;

TEST_CASE("a held call is found by its name until it is over") {
  held_calls all;
  auto one = all.hold({1, 7});
  auto two = all.hold({0, 7});
  REQUIRE(one);
  REQUIRE(two);
  CHECK(*one != *two);
  CHECK(all.find(*one) == held_calls::place{1, 7});
  all.release(*one);
  CHECK_FALSE(all.find(*one));
  CHECK(all.find(*two) == held_calls::place{0, 7});
}

TEST_CASE("only so many calls are held") {
  held_calls all;
  for (std::size_t i = 1; i < held_calls::most; ++i)
    all.hold({0, i});
  auto last = all.hold({0, 0});
  REQUIRE(last);
  CHECK_FALSE(all.hold({0, 1}));
  all.release(*last);
  CHECK(all.hold({0, 1}));
}
