#pragma once

#include <cstdlib>
#include <filesystem>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "server/sqlite/connection.hpp"
#include "server/sqlite/schema.hpp"
#include "server/sqlite/shelf.hpp"
#include "tests/support/catch.hpp"

namespace caisson::sqlite {

/// A folder for databases, for as long as it lives.
class folder {
public:
  folder() {
    char name[] = "/tmp/caisson-sqlite-XXXXXX";
    REQUIRE(::mkdtemp(name));
    path_ = name;
  }
  ~folder() { std::filesystem::remove_all(path_); }
  folder(const folder&) = delete;
  folder& operator=(const folder&) = delete;

  std::string at(const std::string& file) const { return path_ + '/' + file; }

private:
  std::string path_;
};

/// A database in memory with the present schema, of which a test asks, at a
/// time that it says.
struct database {
  connection home{address{}, {}};
  std::int64_t now = 1'000;

  database() { REQUIRE_FALSE(migrate(home)); }

  template <class Answer, class Question>
  Answer ask(Question what) {
    conversation_question question;
    question.what = std::move(what);
    auto said = answer(home, question, now);
    REQUIRE(said.has_value());
    return std::get<Answer>(**said);
  }

  /// Says something in a conversation, and something back.
  messages_kept say(std::string owner, std::string thread, std::string text,
                    std::string back = "yes") {
    auto title = "about " + text;
    return ask<messages_kept>(append_messages{
      {std::move(owner), std::move(thread)},
      std::move(title),
      {{author::user, std::move(text)}, {author::assistant, std::move(back)}}});
  }

  conversation_page read(std::string owner, std::string thread,
                         std::optional<std::uint32_t> from = std::nullopt,
                         std::uint32_t limit = 50) {
    return ask<conversation_page>(
      read_conversation{{std::move(owner), std::move(thread)}, from, limit});
  }

  conversation_list find(std::string owner, std::vector<std::string> words,
                         std::uint32_t limit = 10,
                         std::optional<conversation_mark> behind = {}) {
    return ask<conversation_list>(
      find_conversations{std::move(owner), std::move(words), limit, behind});
  }

  /// The threads that are found, in their order.
  std::vector<std::string> threads(std::string owner,
                                   std::vector<std::string> words) {
    std::vector<std::string> names;
    for (auto& one : find(std::move(owner), std::move(words)).list)
      names.push_back(one.what.thread);
    return names;
  }
};

} // namespace caisson::sqlite
