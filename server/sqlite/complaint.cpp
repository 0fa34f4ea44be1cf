#include "server/sqlite/complaint.hpp"

#include <sqlite3.h>

namespace caisson::sqlite {

fault fault_of(int code) {
  using enum failure_kind;
  switch (code & 0xff) {
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
      // Nothing of the request was done: it did not get in.
      return make_fault(errc::storage_timeout, connect_timeout,
                        "somebody else keeps the database locked");
    case SQLITE_INTERRUPT:
      return make_fault(errc::storage_timeout, body_timeout,
                        "the database took too long");
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
      return make_fault(errc::storage_integrity, decode,
                        "the database is damaged");
    // What only looks is served all the same: no verdict on the database.
    case SQLITE_FULL:
      return make_fault(errc::storage_backend, refused, "the database is full");
    case SQLITE_READONLY:
    case SQLITE_PERM:
    case SQLITE_AUTH:
      return make_fault(errc::storage_backend, refused,
                        "the database may only be read");
    case SQLITE_CANTOPEN:
      return make_fault(errc::storage_backend, connect,
                        "the database cannot be opened");
    case SQLITE_IOERR:
      return make_fault(errc::storage_backend, server_error,
                        "the database cannot be read or written");
    default:
      return make_fault(errc::storage_error, server_error,
                        "the database refused what it was asked");
  }
}

bool worth_reopening(int code) noexcept {
  switch (code & 0xff) {
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
    case SQLITE_INTERRUPT:
    case SQLITE_FULL:
      return false;
    default:
      return code != SQLITE_OK;
  }
}

} // namespace caisson::sqlite
