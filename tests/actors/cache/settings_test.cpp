#include "actors/cache/settings.hpp"

#include "tests/support/catch.hpp"

using namespace caisson;

TEST_CASE("each way to have a second layer has a name, and no other has") {
  CHECK(name_of(cache_l2::automatic) == "auto");
  CHECK(name_of(cache_l2::redis) == "redis");
  CHECK(name_of(cache_l2::off) == "off");
  CHECK(name_of(static_cast<cache_l2>(3)).empty());
}
