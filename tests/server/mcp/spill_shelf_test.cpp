#include "server/mcp/spill_shelf.hpp"

#include <set>

#include "tests/support/catch.hpp"

using namespace caisson;

namespace {

spill_settings bounds(std::uint32_t entries, std::size_t bytes) {
  return {entries, bytes, std::chrono::minutes{1}};
}

} // namespace

TEST_CASE("what is kept is read by its owner under its name", "[mcp]") {
  spill_shelf shelf{bounds(10, 1'000)};
  auto at = shelf.keep("a", "0123456789", "text/plain", 4);
  REQUIRE(at);
  CHECK(at->parts == 3);
  CHECK(at->lasts == std::chrono::seconds{60});
  auto found = shelf.find("a", at->id);
  REQUIRE(found);
  CHECK(found->text() == "0123456789");
  CHECK_FALSE(shelf.find("b", at->id));
  CHECK_FALSE(shelf.find("a", "no"));
  CHECK(shelf.bytes() == 10);
}

TEST_CASE("nobody guesses a name", "[mcp]") {
  spill_shelf shelf{bounds(100, 1'000)};
  std::set<std::string> names;
  for (int i = 0; i < 50; ++i) {
    auto at = shelf.keep("a", "x", "text/plain", 10);
    REQUIRE(at);
    CHECK(protocol::mcp::read_spill_uri(protocol::mcp::spill_uri(at->id)));
    names.insert(at->id);
  }
  CHECK(names.size() == 50);
}

TEST_CASE("other bounds hold for what comes after them", "[mcp]") {
  spill_shelf shelf{bounds(10, 1'000)};
  auto at = shelf.keep("a", "0123456789", "text/plain", 100);
  shelf.apply(bounds(10, 5));
  CHECK_FALSE(shelf.keep("a", "0123456789", "text/plain", 100));
  CHECK(shelf.find("a", at->id));
}
