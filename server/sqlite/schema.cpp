#include "server/sqlite/schema.hpp"

#include <array>
#include <string>

#include "server/sqlite/complaint.hpp"

namespace caisson::sqlite {
namespace {

/// "CAIS": by it a file is known to be one of ours.
constexpr std::int64_t application = 0x43414953;

// Each step leads to the version of its number, counted from 1. A step that has
// been in a release is never changed: what comes is another one.
constexpr auto steps = std::to_array<const char*>({
  R"(
CREATE TABLE conversations (
  number INTEGER PRIMARY KEY,
  owner TEXT NOT NULL,
  thread TEXT NOT NULL,
  title TEXT NOT NULL,
  created INTEGER NOT NULL,
  updated INTEGER NOT NULL,
  messages INTEGER NOT NULL,
  UNIQUE (owner, thread)
);
CREATE INDEX conversations_by_update
  ON conversations (owner, updated DESC, number DESC);
CREATE TABLE messages (
  number INTEGER PRIMARY KEY,
  conversation INTEGER NOT NULL REFERENCES conversations (number)
    ON DELETE CASCADE,
  position INTEGER NOT NULL,
  owner TEXT NOT NULL, -- so that a search looks at one owner's words only
  author INTEGER NOT NULL,
  text TEXT NOT NULL,
  at INTEGER NOT NULL,
  UNIQUE (conversation, position)
);
CREATE VIRTUAL TABLE words USING fts5 (
  owner, text, content = 'messages', content_rowid = 'number',
  tokenize = 'unicode61 remove_diacritics 2'
);
CREATE TRIGGER messages_come AFTER INSERT ON messages BEGIN
  INSERT INTO words (rowid, owner, text) VALUES (new.number, new.owner, new.text);
END;
CREATE TRIGGER messages_go AFTER DELETE ON messages BEGIN
  INSERT INTO words (words, rowid, owner, text)
    VALUES ('delete', old.number, old.owner, old.text);
END;
)",
});

std::int64_t number_of(connection& home, const char* sql) {
  auto asked = home.prepare(sql);
  return asked.step() ? asked.integer(0) : 0;
}

fault foreign(std::string why) {
  return make_fault(errc::storage_backend, failure_kind::server_error,
                    std::move(why));
}

} // namespace

int newest_schema() noexcept {
  return static_cast<int>(steps.size());
}

std::optional<fault> migrate(connection& home) {
  auto at = number_of(home, "PRAGMA user_version");
  auto whose = number_of(home, "PRAGMA application_id");
  auto tables = number_of(home, "SELECT count(*) FROM sqlite_schema");
  if (home.trouble() != SQLITE_OK)
    return fault_of(home.trouble());
  if (tables > 0 && whose != application)
    return foreign("the database is not one of this program's");
  if (at > newest_schema())
    return foreign("the database is of a newer version of this program");
  while (at < newest_schema()) {
    transaction step{home};
    home.run(steps[static_cast<std::size_t>(at)]);
    ++at;
    home.run(("PRAGMA user_version = " + std::to_string(at)).c_str());
    home.run(
      ("PRAGMA application_id = " + std::to_string(application)).c_str());
    if (!step.commit())
      return fault_of(home.trouble());
  }
  return std::nullopt;
}

} // namespace caisson::sqlite
