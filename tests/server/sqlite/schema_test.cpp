#include "server/sqlite/schema.hpp"

#include "tests/server/sqlite/database.hpp"

using namespace caisson;
using namespace caisson::sqlite;

namespace {

std::int64_t number(connection& of, const char* sql) {
  auto row = of.prepare(sql);
  REQUIRE(row.step());
  return row.integer(0);
}

} // namespace

TEST_CASE("a fresh database is brought to the newest schema, once",
          "[sqlite]") {
  connection it{address{}, {}};
  CHECK_FALSE(migrate(it));
  CHECK(number(it, "PRAGMA user_version") == newest_schema());
  auto changes = number(it, "SELECT total_changes()");
  CHECK_FALSE(migrate(it));
  CHECK(number(it, "SELECT total_changes()") == changes);
}

TEST_CASE("a database of a newer program is not touched", "[sqlite]") {
  connection it{address{}, {}};
  REQUIRE_FALSE(migrate(it));
  it.run("PRAGMA user_version = 999");
  auto why = migrate(it);
  REQUIRE(why);
  CHECK(why->code == errc::storage_backend);
  CHECK(why->detail == "the database is of a newer version of this program");
  CHECK(number(it, "PRAGMA user_version") == 999);
}

TEST_CASE("a database of something else is not touched", "[sqlite]") {
  connection it{address{}, {}};
  it.run("CREATE TABLE theirs (x)");
  auto why = migrate(it);
  REQUIRE(why);
  CHECK(why->detail == "the database is not one of this program's");
  CHECK(number(it, "SELECT count(*) FROM sqlite_schema") == 1);
}

TEST_CASE("a step that fails leaves the database as it was", "[sqlite]") {
  connection it{address{}, {}};
  it.run("PRAGMA query_only = ON");
  CHECK(migrate(it));
  it.forgive();
  it.run("PRAGMA query_only = OFF");
  CHECK(number(it, "PRAGMA user_version") == 0);
  CHECK_FALSE(migrate(it));
}
