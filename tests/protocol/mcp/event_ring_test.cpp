#include "protocol/mcp/event_ring.hpp"

#include <string>

#include "tests/support/catch.hpp"

using caisson::protocol::mcp::event_ring;

namespace {

using ring = event_ring<std::string>;
using events = std::vector<std::string>;

} // namespace

TEST_CASE("a ring has what came after any of its events", "[mcp]") {
  ring kept{4, 100};
  CHECK(kept.last() == 0);
  CHECK(kept.after(0) == events{});
  CHECK(kept.next() == 1);
  kept.add("a", 1);
  kept.add("b", 1);
  CHECK(kept.last() == 2);
  CHECK(kept.after(0) == events{"a", "b"});
  CHECK(kept.after(1) == events{"b"});
  CHECK(kept.after(2) == events{});
}

TEST_CASE("what is not there any more, or not yet, a ring does not make up",
          "[mcp]") {
  ring kept{2, 100};
  for (auto* one : {"a", "b", "c"})
    kept.add(one, 1);
  CHECK_FALSE(kept.after(0));
  CHECK(kept.after(1) == events{"b", "c"});
  CHECK(kept.after(3) == events{});
  CHECK_FALSE(kept.after(4));
}

TEST_CASE("a ring is bounded in bytes too", "[mcp]") {
  ring kept{100, 10};
  kept.add("a", 6);
  kept.add("b", 4);
  CHECK(kept.bytes() == 10);
  kept.add("c", 5);
  CHECK(kept.bytes() == 9);
  CHECK_FALSE(kept.after(0));
  CHECK(kept.after(1) == events{"b", "c"});
  kept.add("large", 11);
  CHECK(kept.bytes() == 0);
  CHECK_FALSE(kept.after(3));
  CHECK(kept.after(4) == events{});
}
