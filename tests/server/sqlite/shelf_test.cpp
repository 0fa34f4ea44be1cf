#include "server/sqlite/shelf.hpp"

#include "tests/server/sqlite/database.hpp"

using namespace caisson;
using namespace caisson::sqlite;

namespace {

using names = std::vector<std::string>;

} // namespace

TEST_CASE("what was said is read again, in its order", "[sqlite]") {
  database it;
  CHECK(it.say("me", "t", "one", "two").messages == 2);
  it.now = 2'000;
  CHECK(it.say("me", "t", "three", "four").messages == 4);
  auto page = it.read("me", "t");
  REQUIRE(page.of);
  CHECK(page.of->thread == "t");
  CHECK(page.of->title == "about one");
  CHECK(page.of->created == 1'000);
  CHECK(page.of->updated == 2'000);
  CHECK(page.of->messages == 4);
  REQUIRE(page.messages.size() == 4);
  CHECK(page.messages[0].who == author::user);
  CHECK(page.messages[0].text == "one");
  CHECK(page.messages[0].at == 1'000);
  CHECK(page.messages[3].who == author::assistant);
  CHECK(page.messages[3].text == "four");
  CHECK(page.messages[3].at == 2'000);
}

TEST_CASE("a conversation is read from any message on, or its end",
          "[sqlite]") {
  database it;
  for (auto text : {"a", "b", "c"})
    it.say("me", "t", text);
  auto page = it.read("me", "t", 1, 2);
  CHECK(page.from == 1);
  REQUIRE(page.messages.size() == 2);
  CHECK(page.messages[1].text == "b");
  page = it.read("me", "t", std::nullopt, 2);
  CHECK(page.from == 4);
  CHECK(page.messages.at(0).text == "c");
  page = it.read("me", "t", 100, 2);
  CHECK(page.of);
  CHECK(page.messages.empty());
}

TEST_CASE("nobody reads or finds what is another's", "[sqlite]") {
  database it;
  it.say("me", "t", "my secret");
  CHECK_FALSE(it.read("you", "t").of);
  CHECK_FALSE(it.read("", "t").of);
  CHECK(it.threads("you", {"secret"}).empty());
  CHECK(it.threads("you", {}).empty());
  // The same name is another's conversation.
  it.say("you", "t", "your own");
  CHECK(it.read("me", "t").messages.at(0).text == "my secret");
  CHECK(it.read("you", "t").messages.at(0).text == "your own");
  CHECK(it.threads("me", {"own"}).empty());
}

TEST_CASE("an owner whose name holds another's is not that one", "[sqlite]") {
  database it;
  it.say("user:1-2", "a", "word");
  it.say("user:1-23", "b", "word");
  it.say("user:1-2-3", "c", "word");
  it.say("x user:1-2", "d", "word");
  CHECK(it.threads("user:1-2", {"word"}) == names{"a"});
  CHECK(it.threads("user:1", {"word"}).empty());
}

TEST_CASE("a search finds messages with all of its words, the latest first",
          "[sqlite]") {
  database it;
  it.say("me", "old", "the red house");
  it.now = 2'000;
  it.say("me", "new", "a house, and it is RED");
  it.now = 3'000;
  it.say("me", "apart", "red", "house");
  it.now = 4'000;
  it.say("me", "other", "a blue boat");
  CHECK(it.threads("me", {"house", "red"}) == names{"new", "old"});
  CHECK(it.threads("me", {"boat"}) == names{"other"});
  CHECK(it.threads("me", {"green"}).empty());
  // The beginning of a word is enough, and accents do not count.
  CHECK(it.threads("me", {"hous"}) == names{"apart", "new", "old"});
  it.say("me", "cafe", "Café");
  CHECK(it.threads("me", {"cafe"}) == names{"cafe"});
}

TEST_CASE("what is searched for is words and no language", "[sqlite]") {
  database it;
  it.say("me", "t", "one OR two \"three\" owner:you col");
  for (auto odd :
       {"\"", "*", "(", "OR", "NOT", "owner:you", "\"three\"", "^one",
        "col : x", "NEAR(one two)", "'; DROP TABLE words; --", ""}) {
    INFO(odd);
    it.find("me", {odd});
    it.find("me", {odd, "one"});
    CHECK(it.home.trouble() == 0);
  }
  CHECK(it.threads("me", {"OR"}) == names{"t"});
  CHECK(it.threads("me", {"\"three\""}) == names{"t"});
  CHECK(it.threads("me", {"owner:you"}) == names{"t"});
}

TEST_CASE("without words all are found, page by page", "[sqlite]") {
  database it;
  for (auto thread : {"a", "b", "c"}) {
    it.say("me", thread, "x", "the last word");
    it.now += 1'000;
  }
  auto first = it.find("me", {}, 2);
  REQUIRE(first.list.size() == 2);
  CHECK(first.list[0].what.thread == "c");
  CHECK(first.list[0].excerpt == "the last word");
  REQUIRE(first.next);
  // Somebody speaks meanwhile: nobody is told of twice.
  it.say("me", "d", "x");
  auto second = it.find("me", {}, 2, first.next);
  REQUIRE(second.list.size() == 1);
  CHECK(second.list[0].what.thread == "a");
  CHECK_FALSE(second.next);
}

TEST_CASE("pages of a search do not overlap where times are the same",
          "[sqlite]") {
  database it;
  for (auto thread : {"a", "b", "c"})
    it.say("me", thread, "word");
  names seen;
  std::optional<conversation_mark> next;
  do {
    auto page = it.find("me", {"word"}, 1, next);
    for (auto& one : page.list)
      seen.push_back(one.what.thread);
    next = page.next;
  } while (next);
  CHECK(seen == names{"c", "b", "a"});
}

TEST_CASE("an excerpt shows where the words are", "[sqlite]") {
  database it;
  std::string text;
  for (int i = 0; i < 200; ++i)
    text += "filler ";
  it.say("me", "t", text + "needle and more");
  auto found = it.find("me", {"needle"}).list;
  REQUIRE(found.size() == 1);
  CHECK(found[0].excerpt.find("needle") != std::string::npos);
  CHECK(found[0].excerpt.size() < 400);
}

TEST_CASE("an append that fails leaves nothing behind", "[sqlite]") {
  database it;
  it.say("me", "t", "before");
  it.home.run("PRAGMA query_only = ON");
  conversation_question question;
  question.what = append_messages{{"me", "u"}, "x", {{author::user, "after"}}};
  auto said = answer(it.home, question, it.now);
  REQUIRE_FALSE(said.has_value());
  CHECK(said.error().code == errc::storage_backend);
  it.home.forgive();
  it.home.run("PRAGMA query_only = OFF");
  CHECK(it.threads("me", {}) == names{"t"});
  // The connection is as good as before.
  it.say("me", "u", "again");
  CHECK(it.threads("me", {"again"}) == names{"u"});
}
