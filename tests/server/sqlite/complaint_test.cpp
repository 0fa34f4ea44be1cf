#include "server/sqlite/complaint.hpp"

#include <sqlite3.h>

#include "tests/support/catch.hpp"

using namespace caisson;
using namespace caisson::sqlite;

TEST_CASE("what SQLite says is told in words that a person can act on",
          "[sqlite]") {
  struct row {
    int code;
    errc means;
    caisson::outcome counts;
    bool reopen;
  };
  using enum caisson::outcome;
  for (auto& x : {
         row{SQLITE_BUSY, errc::storage_timeout, failure, false},
         row{SQLITE_BUSY_SNAPSHOT, errc::storage_timeout, failure, false},
         row{SQLITE_INTERRUPT, errc::storage_timeout, failure, false},
         row{SQLITE_CORRUPT_VTAB, errc::storage_integrity, failure, true},
         row{SQLITE_NOTADB, errc::storage_integrity, failure, true},
         row{SQLITE_FULL, errc::storage_backend, ignored, false},
         row{SQLITE_READONLY_DIRECTORY, errc::storage_backend, ignored, true},
         row{SQLITE_CANTOPEN, errc::storage_backend, failure, true},
         row{SQLITE_IOERR_READ, errc::storage_backend, failure, true},
         row{SQLITE_MISUSE, errc::storage_error, failure, true},
       }) {
    INFO(x.code);
    auto what = fault_of(x.code);
    CHECK(what.code == x.means);
    CHECK(outcome_of(what) == x.counts);
    CHECK(worth_reopening(x.code) == x.reopen);
    CHECK(what.detail.starts_with("the database ")
          == ((x.code & 0xff) != SQLITE_BUSY));
  }
  CHECK_FALSE(worth_reopening(SQLITE_OK));
}

TEST_CASE("a database that is locked has done nothing of what it was asked",
          "[sqlite]") {
  CHECK(surely_unsent(fault_of(SQLITE_BUSY)));
  CHECK_FALSE(surely_unsent(fault_of(SQLITE_IOERR)));
}
