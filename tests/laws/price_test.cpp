#include "actors/policies/price.hpp"

#include "tests/support/catch.hpp"

using namespace caisson;

TEST_CASE("a million tokens cost their price, whatever kind they are") {
  token_price price{2.5, 0.25, 10};
  CHECK(cost_of({1'000'000, 0, 0, true}, price) == 2'500'000'000);
  CHECK(cost_of({0, 1'000'000, 0, true}, price) == 10'000'000'000);
  CHECK(cost_of({1'000'000, 0, 1'000'000, true}, price) == 250'000'000);
  CHECK(cost_of({1'000, 100, 400, true}, price)
        == 600 * 2'500 + 400 * 250 + 100 * 10'000);
}

TEST_CASE("cached input without a price of its own costs what input does") {
  CHECK(cost_of({10, 0, 10, true}, {3, {}, 0}) == 30'000);
}

TEST_CASE("more cached input than input is no more than that") {
  CHECK(cost_of({10, 0, 50, true}, {3, 1.0, 0}) == 10'000);
}

TEST_CASE("a fraction of a billionth is rounded up, once") {
  CHECK(cost_of({1, 0, 0, true}, {0.0001, {}, 0}) == 1);
  CHECK(cost_of({1'000, 0, 0, true}, {0.0001, {}, 0}) == 100);
  CHECK(cost_of({}, {3, 1.0, 4}) == 0);
}

TEST_CASE("an answer of some USD costs not a billionth more for how its price "
          "is written") {
  CHECK(cost_of({768'037, 684'745, 443'543, true}, {1.1, 0.55, 4.4})
        == 3'613'770'050);
}

TEST_CASE("what has no price costs nothing") {
  token_price price;
  CHECK(cost_of({1'000, 1'000, 500, true}, price) == 0);
  price.input = 3;
  CHECK(cost_of({0, 1'000, 0, true}, price) == 0);
}
