#include "server/sqlite/shelf.hpp"

#include <algorithm>
#include <limits>
#include <string>

#include "server/sqlite/complaint.hpp"

namespace caisson::sqlite {
namespace {

constexpr auto far_off = std::numeric_limits<std::int64_t>::max();

/// An owner's row, for `head_in`.
constexpr const char* head_sql
  = "SELECT number, thread, title, created, updated, messages "
    "FROM conversations WHERE owner = ?1 AND thread = ?2";

conversation_head head_in(const statement& row) {
  return {row.text(1), row.text(2), row.integer(3), row.integer(4),
          static_cast<std::uint32_t>(row.integer(5))};
}

// -- reading ------------------------------------------------------------------

conversation_page read(connection& from, const read_conversation& what) {
  conversation_page page;
  std::int64_t number = 0;
  {
    auto row = from.prepare(head_sql);
    row.bind(1, what.which.owner).bind(2, what.which.thread);
    if (!row.step())
      return page;
    number = row.integer(0);
    page.of = head_in(row);
  }
  auto all = page.of->messages;
  page.from = what.from.value_or(all - std::min(all, what.limit));
  auto row = from.prepare("SELECT author, text, at FROM messages "
                          "WHERE conversation = ?1 AND position >= ?2 "
                          "ORDER BY position LIMIT ?3");
  row.bind(1, number)
    .bind(2, std::int64_t{page.from})
    .bind(3, std::int64_t{what.limit});
  while (row.step())
    page.messages.push_back(
      {row.integer(0) == 0 ? author::user : author::assistant, row.text(1),
       row.integer(2)});
  return page;
}

// -- finding ------------------------------------------------------------------

/// A text as a phrase of FTS5, so that nothing in it is an operator.
std::string phrase(std::string_view text) {
  std::string quoted = "\"";
  for (auto c : text) {
    quoted += c;
    if (c == '"')
      quoted += '"';
  }
  return quoted += '"';
}

std::string match_of(const find_conversations& what) {
  auto text = "owner : " + phrase(what.owner);
  for (auto& word : what.words)
    text += " AND text : " + phrase(word) + " *";
  return text;
}

/// Those with a word, and the excerpt of the message that fits best.
constexpr const char* words_sql
  = "SELECT number, thread, title, created, updated, messages, "
    "(SELECT snippet(words, 1, '', '', '…', 24) FROM words "
    " JOIN messages m ON m.number = words.rowid "
    " WHERE words MATCH ?4 AND m.conversation = c.number "
    " ORDER BY rank LIMIT 1) "
    "FROM conversations c "
    "WHERE owner = ?1 AND (updated, number) < (?2, ?3) AND number IN "
    "(SELECT m.conversation FROM words "
    " JOIN messages m ON m.number = words.rowid WHERE words MATCH ?4) "
    "ORDER BY updated DESC, number DESC LIMIT ?5";

constexpr const char* latest_sql
  = "SELECT number, thread, title, created, updated, messages, "
    "(SELECT substr(text, 1, 160) FROM messages m "
    " WHERE m.conversation = c.number ORDER BY position DESC LIMIT 1) "
    "FROM conversations c "
    "WHERE owner = ?1 AND (updated, number) < (?2, ?3) "
    "ORDER BY updated DESC, number DESC LIMIT ?5";

conversation_list find(connection& from, const find_conversations& what) {
  conversation_list found;
  auto behind = what.behind.value_or(conversation_mark{far_off, far_off});
  auto match = match_of(what);
  auto row = from.prepare(what.words.empty() ? latest_sql : words_sql);
  row.bind(1, what.owner).bind(2, behind.updated).bind(3, behind.number);
  if (!what.words.empty())
    row.bind(4, match);
  // One more, to know whether there are more.
  row.bind(5, std::int64_t{what.limit} + 1);
  conversation_mark last;
  while (row.step()) {
    if (found.list.size() == what.limit) {
      found.next = last;
      break;
    }
    found.list.push_back({head_in(row), row.text(6)});
    last = {found.list.back().what.updated, row.integer(0)};
  }
  return found;
}

// -- appending ----------------------------------------------------------------

messages_kept append(connection& to, const append_messages& what,
                     std::int64_t now) {
  transaction all{to};
  {
    auto begin = to.prepare(
      "INSERT INTO conversations (owner, thread, title, created, updated, "
      "messages) VALUES (?1, ?2, ?3, ?4, ?4, 0) "
      "ON CONFLICT (owner, thread) DO NOTHING");
    begin.bind(1, what.which.owner)
      .bind(2, what.which.thread)
      .bind(3, what.title)
      .bind(4, now);
    begin.step();
  }
  std::int64_t number = 0;
  std::int64_t position = 0;
  {
    auto row = to.prepare(head_sql);
    row.bind(1, what.which.owner).bind(2, what.which.thread);
    if (row.step()) {
      number = row.integer(0);
      position = row.integer(5);
    }
  }
  for (auto& one : what.messages) {
    auto row = to.prepare("INSERT INTO messages (conversation, position, "
                          "owner, author, text, at) "
                          "VALUES (?1, ?2, ?3, ?4, ?5, ?6)");
    row.bind(1, number)
      .bind(2, position++)
      .bind(3, what.which.owner)
      .bind(4, std::int64_t{one.who == author::user ? 0 : 1})
      .bind(5, one.text)
      .bind(6, now);
    row.step();
  }
  {
    auto row = to.prepare("UPDATE conversations SET updated = ?2, "
                          "messages = ?3 WHERE number = ?1");
    row.bind(1, number).bind(2, now).bind(3, position);
    row.step();
  }
  all.commit();
  return {static_cast<std::uint32_t>(position)};
}

} // namespace

result<conversation_answer_ptr>
answer(connection& from, const conversation_question& what, std::int64_t now) {
  auto made = std::make_shared<conversation_answer>();
  if (auto* reading = std::get_if<read_conversation>(&what.what))
    *made = read(from, *reading);
  else if (auto* finding = std::get_if<find_conversations>(&what.what))
    *made = find(from, *finding);
  else
    *made = append(from, std::get<append_messages>(what.what), now);
  if (from.trouble() != SQLITE_OK)
    return fault_of(from.trouble());
  return conversation_answer_ptr{std::move(made)};
}

} // namespace caisson::sqlite
