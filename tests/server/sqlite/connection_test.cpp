#include "server/sqlite/connection.hpp"

#include <sys/stat.h>

#include <chrono>
#include <fstream>

#include "tests/server/sqlite/database.hpp"

using namespace caisson;
using namespace caisson::sqlite;

TEST_CASE("what is kept in a file is there when it is opened again",
          "[sqlite]") {
  folder where;
  auto at = address{where.at("a.db")};
  {
    connection it{at, {}};
    it.run("CREATE TABLE t (x); INSERT INTO t VALUES ('kept')");
    CHECK(it.trouble() == SQLITE_OK);
  }
  connection it{at, {}};
  auto row = it.prepare("SELECT x FROM t");
  REQUIRE(row.step());
  CHECK(row.text(0) == "kept");
  CHECK_FALSE(row.step());
}

TEST_CASE("a new file is for its owner alone", "[sqlite]") {
  folder where;
  connection it{address{where.at("a.db")}, {}};
  it.run("CREATE TABLE t (x)");
  for (auto name : {"a.db", "a.db-wal"}) {
    INFO(name);
    struct stat found{};
    REQUIRE(::stat(where.at(name).c_str(), &found) == 0);
    CHECK((found.st_mode & 0777) == 0600);
  }
}

TEST_CASE("after the first error nothing is done until it is forgiven",
          "[sqlite]") {
  connection it{address{}, {}};
  it.run("CREATE TABLE t (x)");
  it.run("nonsense");
  auto why = it.trouble();
  CHECK(why != SQLITE_OK);
  CHECK_FALSE(it.complaint().empty());
  it.run("INSERT INTO t VALUES (1)");
  CHECK_FALSE(it.prepare("SELECT 1").step());
  CHECK(it.trouble() == why);
  it.forgive();
  auto count = it.prepare("SELECT count(*) FROM t");
  REQUIRE(count.step());
  CHECK(count.integer(0) == 0);
}

TEST_CASE("a transaction that is not committed is undone, trouble or not",
          "[sqlite]") {
  connection it{address{}, {}};
  it.run("CREATE TABLE t (x)");
  {
    transaction all{it};
    it.run("INSERT INTO t VALUES (1)");
  }
  {
    transaction all{it};
    it.run("INSERT INTO t VALUES (1)");
    it.run("nonsense");
    CHECK_FALSE(all.commit());
  }
  CHECK(it.trouble() != SQLITE_OK);
  it.forgive();
  {
    transaction all{it};
    it.run("INSERT INTO t VALUES (1)");
    CHECK(all.commit());
  }
  auto count = it.prepare("SELECT count(*) FROM t");
  REQUIRE(count.step());
  CHECK(count.integer(0) == 1);
}

TEST_CASE("somebody else's lock is waited for as long as is said", "[sqlite]") {
  folder where;
  auto at = address{where.at("a.db")};
  connection other{at, {}};
  transaction all{other};
  connection it{at, {0, /* busy_ms = */ 60}};
  auto began = std::chrono::steady_clock::now();
  it.run("BEGIN IMMEDIATE");
  CHECK((it.trouble() & 0xff) == SQLITE_BUSY);
  CHECK(std::chrono::steady_clock::now() - began
        >= std::chrono::milliseconds{50});
}

TEST_CASE("a database has an end", "[sqlite]") {
  connection it{address{}, {1u << 20}};
  it.run("CREATE TABLE t (x)");
  for (int i = 0; i < 100 && it.trouble() == SQLITE_OK; ++i)
    it.run("INSERT INTO t VALUES (zeroblob(65536))");
  CHECK(it.trouble() == SQLITE_FULL);
}

TEST_CASE("what runs for too long is interrupted", "[sqlite]") {
  connection it{address{}, {}};
  auto looks = 0;
  it.interrupt_when([&] { return ++looks > 3; });
  it.run("WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) "
         "SELECT count(*) FROM n");
  CHECK(it.trouble() == SQLITE_INTERRUPT);
  CHECK(looks == 4);
  it.forgive();
  it.interrupt_when(nullptr);
  CHECK(it.prepare("SELECT 1").step());
}

TEST_CASE("a file that is no database is trouble, and left as it is",
          "[sqlite]") {
  folder where;
  std::string noise(8'192, 'x');
  std::ofstream{where.at("a.db")} << noise;
  {
    connection it{address{where.at("a.db")}, {}};
    CHECK((it.trouble() & 0xff) == SQLITE_NOTADB);
  }
  std::ifstream again{where.at("a.db")};
  CHECK(std::string{std::istreambuf_iterator<char>{again}, {}} == noise);
}

TEST_CASE("a path that leads nowhere is trouble", "[sqlite]") {
  connection it{address{"/nowhere/at/all.db"}, {}};
  CHECK((it.trouble() & 0xff) == SQLITE_CANTOPEN);
}
