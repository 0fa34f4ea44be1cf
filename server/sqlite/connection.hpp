#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>

#include <sqlite3.h>

#include "server/sqlite/address.hpp"

namespace caisson::sqlite {

class connection;

/// A prepared statement in use. Where its connection is in trouble it does
/// nothing, so that several can be run in a row and be judged at their end.
class statement {
public:
  statement(connection& home, sqlite3_stmt* what) noexcept
    : home_{home}, what_{what} {}
  ~statement();
  statement(const statement&) = delete;
  statement& operator=(const statement&) = delete;

  /// Parameters are counted from 1. A text must live until `step`.
  statement& bind(int at, std::int64_t value);
  statement& bind(int at, std::string_view value);

  /// Runs it to its next row; false: there is none, or trouble.
  bool step();

  /// Columns of the row are counted from 0.
  std::int64_t integer(int at) const;
  std::string text(int at) const;

private:
  connection& home_;
  sqlite3_stmt* what_;
};

/// One connection to a database, for one thread at a time. The first error is
/// kept, and nothing is done after it until it is forgiven.
class connection {
public:
  struct bounds {
    std::uint64_t bytes = 0; ///< of the database; 0: any number
    int busy_ms = 1'000;     ///< waits so long for somebody else's lock
  };

  /// Opens, and makes the file where there is none, for its owner alone.
  /// Whether it worked is told by `trouble`.
  connection(const address& where, bounds how);
  ~connection();
  connection(const connection&) = delete;
  connection& operator=(const connection&) = delete;

  /// The extended code of the first error; 0: there was none.
  int trouble() const noexcept { return trouble_; }
  /// What SQLite says of it: for the log, not for clients.
  const std::string& complaint() const noexcept { return complaint_; }
  void forgive() noexcept { trouble_ = SQLITE_OK; }

  /// Statements are prepared once; `sql` is a literal.
  statement prepare(const char* sql);

  /// Runs statements that give no rows.
  void run(const char* sql);

  /// From now on what is being run ends with SQLITE_INTERRUPT once that is
  /// true; asked every few thousand steps of SQLite's machine.
  void interrupt_when(std::function<bool()> is_enough);

private:
  friend class statement;
  friend class transaction;
  struct closer {
    void operator()(sqlite3* what) const noexcept { sqlite3_close_v2(what); }
    void operator()(sqlite3_stmt* what) const noexcept {
      sqlite3_finalize(what);
    }
  };

  bool note(int code);

  std::unique_ptr<sqlite3, closer> handle_;
  std::map<const char*, std::unique_ptr<sqlite3_stmt, closer>> prepared_;
  std::function<bool()> is_enough_;
  int trouble_ = SQLITE_OK;
  std::string complaint_;
};

/// Several statements as one: done by `commit`, else undone.
class transaction {
public:
  explicit transaction(connection& home);
  ~transaction();
  transaction(const transaction&) = delete;
  transaction& operator=(const transaction&) = delete;

  /// Whether it is done.
  bool commit();

private:
  connection& home_;
  bool open_ = false;
};

} // namespace caisson::sqlite
