#include "server/sqlite/connection.hpp"

#include <fcntl.h>
#include <unistd.h>

namespace caisson::sqlite {
namespace {

constexpr int steps_between_looks = 4'000;

/// What people say to a model is nobody's on the same machine. SQLite gives the
/// files beside it the same rights. Where it is there already, or cannot be
/// made, SQLite says so.
void make_file(const std::string& path) {
  auto made = ::open(path.c_str(), O_CREAT | O_EXCL | O_RDWR | O_CLOEXEC, 0600);
  if (made >= 0)
    ::close(made);
}

} // namespace

// -- statement ----------------------------------------------------------------

statement::~statement() {
  if (!what_)
    return;
  sqlite3_reset(what_);
  sqlite3_clear_bindings(what_);
}

statement& statement::bind(int at, std::int64_t value) {
  if (home_.trouble_ == SQLITE_OK)
    home_.note(sqlite3_bind_int64(what_, at, value));
  return *this;
}

statement& statement::bind(int at, std::string_view value) {
  if (home_.trouble_ == SQLITE_OK)
    home_.note(sqlite3_bind_text64(what_, at, value.data() ? value.data() : "",
                                   value.size(), SQLITE_STATIC, SQLITE_UTF8));
  return *this;
}

bool statement::step() {
  if (home_.trouble_ != SQLITE_OK)
    return false;
  auto code = sqlite3_step(what_);
  return code == SQLITE_ROW || (code != SQLITE_DONE && home_.note(code));
}

std::int64_t statement::integer(int at) const {
  return sqlite3_column_int64(what_, at);
}

std::string statement::text(int at) const {
  auto* text = reinterpret_cast<const char*>(sqlite3_column_text(what_, at));
  auto size = sqlite3_column_bytes(what_, at);
  return text ? std::string{text, static_cast<std::size_t>(size)}
              : std::string{};
}

// -- connection ---------------------------------------------------------------

connection::connection(const address& where, bounds how) {
  auto memory = where.path.empty();
  if (!memory)
    make_file(where.path);
  sqlite3* made = nullptr;
  auto code = sqlite3_open_v2(memory ? ":memory:" : where.path.c_str(), &made,
                              SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE
                                | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE,
                              nullptr);
  handle_.reset(made);
  if (!note(code))
    return;
  sqlite3_busy_timeout(made, how.busy_ms);
  // A file that may only be read is still read.
  run("PRAGMA journal_mode = WAL");
  if ((trouble_ & 0xff) == SQLITE_READONLY)
    forgive();
  run("PRAGMA synchronous = NORMAL; PRAGMA foreign_keys = ON");
  if (how.bytes == 0)
    return;
  auto size = prepare("PRAGMA page_size");
  auto page = size.step() ? size.integer(0) : 4'096;
  auto pages = std::to_string(how.bytes / static_cast<std::uint64_t>(page));
  run(("PRAGMA max_page_count = " + pages).c_str());
}

connection::~connection() = default;

bool connection::note(int code) {
  if (code == SQLITE_OK)
    return true;
  trouble_ = code;
  complaint_ = handle_ ? sqlite3_errmsg(handle_.get()) : sqlite3_errstr(code);
  return false;
}

statement connection::prepare(const char* sql) {
  auto& known = prepared_[sql];
  if (!known && trouble_ == SQLITE_OK) {
    sqlite3_stmt* made = nullptr;
    note(sqlite3_prepare_v3(handle_.get(), sql, -1, SQLITE_PREPARE_PERSISTENT,
                            &made, nullptr));
    known.reset(made);
  }
  return {*this, known.get()};
}

void connection::run(const char* sql) {
  if (trouble_ == SQLITE_OK)
    note(sqlite3_exec(handle_.get(), sql, nullptr, nullptr, nullptr));
}

void connection::interrupt_when(std::function<bool()> is_enough) {
  is_enough_ = std::move(is_enough);
  auto look = [](void* self) {
    return static_cast<connection*>(self)->is_enough_() ? 1 : 0;
  };
  if (handle_)
    sqlite3_progress_handler(handle_.get(),
                             is_enough_ ? steps_between_looks : 0,
                             is_enough_ ? +look : nullptr, this);
}

// -- transaction --------------------------------------------------------------

transaction::transaction(connection& home) : home_{home} {
  // At once: a reader that turns into a writer may find another before it.
  home_.run("BEGIN IMMEDIATE");
  open_ = home_.trouble() == SQLITE_OK;
}

transaction::~transaction() {
  if (!open_)
    return;
  // Undone whatever the trouble is, which stays to be told.
  auto why = home_.trouble();
  home_.forgive();
  home_.run("ROLLBACK");
  home_.trouble_ = why;
}

bool transaction::commit() {
  home_.run("COMMIT");
  if (home_.trouble() != SQLITE_OK)
    return false;
  open_ = false;
  return true;
}

} // namespace caisson::sqlite
