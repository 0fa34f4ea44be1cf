#include "protocol/mcp/offered_name.hpp"

#include "tests/support/catch.hpp"

using namespace caisson::protocol::mcp;

TEST_CASE("a short name stays as it is", "[mcp]") {
  const std::string longest(longest_name, 'n');
  CHECK(bounded("read") == "read");
  CHECK(bounded(longest) == longest);
  CHECK(prefixed("files", "read") == "files__read");
}

TEST_CASE("a name that is too long is cut, and stays its own", "[mcp]") {
  const std::string first(longest_name + 1, 'n');
  const auto one = bounded(first);
  CHECK(one.size() == longest_name);
  CHECK(one == bounded(first));
  CHECK(one != bounded(first + 'n'));
  CHECK(prefixed("server", first).size() == longest_name);
}

TEST_CASE("no character is cut in two", "[mcp]") {
  for (std::size_t before = 0; before < 4; ++before) {
    std::string name(before, 'x');
    while (name.size() <= longest_name)
      name += "\xe2\x82\xac";
    const auto cut = bounded(name);
    CHECK(cut.size() <= longest_name);
    const auto kept = cut.rfind('_') - before;
    CHECK(kept % 3 == 0);
  }
}
