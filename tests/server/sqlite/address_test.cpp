#include "server/sqlite/address.hpp"

#include "tests/support/catch.hpp"

using caisson::sqlite::address;

TEST_CASE("an address of a database is an absolute path, or in memory",
          "[sqlite]") {
  CHECK(address::parse("sqlite:///var/lib/a.db")->path == "/var/lib/a.db");
  CHECK(address::parse("sqlite::memory:")->path.empty());
}

TEST_CASE("what is no such address is refused", "[sqlite]") {
  for (auto bad : {"", "sqlite:", "sqlite://", "sqlite:///", "sqlite://a.db",
                   "sqlite:////a.db", "sqlite:///a/", "postgres://h/d",
                   "/var/lib/a.db", "sqlite::memory:?cache=shared"}) {
    INFO(bad);
    CHECK_FALSE(address::parse(bad));
  }
}
