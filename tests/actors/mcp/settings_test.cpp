#include "actors/mcp/settings.hpp"

#include "tests/support/catch.hpp"

using namespace caisson;

TEST_CASE("each way to name what a server offers has a name, and no other "
          "has") {
  CHECK(name_of(name_prefix::never) == "never");
  CHECK(name_of(name_prefix::on_collision) == "on_collision");
  CHECK(name_of(name_prefix::always) == "always");
  CHECK(name_of(static_cast<name_prefix>(3)).empty());
}

TEST_CASE("each fate of a large result has a name, and no other has") {
  CHECK(name_of(large_result::truncate) == "truncate");
  CHECK(name_of(large_result::error) == "error");
  CHECK(name_of(large_result::spill) == "spill");
  CHECK(name_of(static_cast<large_result>(3)).empty());
}
