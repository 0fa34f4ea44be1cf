#include "server/sqlite/port.hpp"

#include <fstream>

#include "tests/server/redis/store_world.hpp"
#include "tests/server/sqlite/database.hpp"

using namespace caisson;
using namespace caisson::sqlite;

namespace {

/// An I/O thread, played by the test, and a clerk that is a thread.
struct fixture {
  redis::notebook log;
  folder where;
  boost::asio::io_context io;
  std::shared_ptr<clerk> keeper;
  std::unique_ptr<storage_port> port;

  void open(address at, connection::bounds how = {}) {
    keeper = std::make_shared<clerk>(
      clerk::plan{"storage", std::move(at), how, &log});
    port = std::make_unique<storage_port>(io, keeper);
  }

  redis::asked_ptr ask(
    std::variant<read_conversation, find_conversations, append_messages> what) {
    auto question = std::make_shared<conversation_question>();
    question->what = std::move(what);
    auto asked_for = std::make_shared<call>();
    asked_for->body = std::move(question);
    auto one = std::make_shared<redis::asked>();
    attempt first;
    first.what = asked_for;
    one->talk
      = port->start(first, std::make_unique<redis::recorder>(one->told));
    return one;
  }

  void wait(const redis::asked_ptr& one) {
    auto work = boost::asio::make_work_guard(io);
    io.restart();
    while (!one->over())
      io.run_one_for(std::chrono::seconds{10});
  }

  redis::asked_ptr say(std::string text) {
    auto one = ask(
      append_messages{{"me", "t"}, "title", {{author::user, std::move(text)}}});
    wait(one);
    return one;
  }

  redis::asked_ptr read() {
    auto one = ask(read_conversation{{"me", "t"}, std::nullopt, 10});
    wait(one);
    return one;
  }
};

} // namespace

TEST_CASE("what is kept through the port is read through it", "[sqlite]") {
  fixture f;
  f.open(address{});
  REQUIRE(f.say("hello")->told.whole);
  auto said = conversation_answer_in(*f.read()->told.whole);
  CHECK(std::get<conversation_page>(*said).messages.at(0).text == "hello");
  CHECK(f.log.has("in memory"));
}

TEST_CASE("an attempt that is given up hears nothing", "[sqlite]") {
  fixture f;
  f.open(address{});
  auto dropped = f.ask(read_conversation{{"me", "t"}, std::nullopt, 10});
  dropped->talk.reset();
  CHECK(dropped->told.gone);
  f.say("next");
  CHECK(dropped->told.ends == 0);
}

TEST_CASE("a damaged file is told of, and taken up when it is mended",
          "[sqlite]") {
  fixture f;
  auto at = f.where.at("a.db");
  std::ofstream{at} << std::string(8'192, 'x');
  f.open(address{at});
  auto failed = f.say("lost");
  CHECK(failed->why().code == errc::storage_integrity);
  CHECK(failed->why().detail == "the database is damaged");
  CHECK(f.log.has("storage is in trouble"));
  std::filesystem::remove(at);
  CHECK(f.say("kept")->told.whole);
}

TEST_CASE("the same trouble is one line in the log", "[sqlite]") {
  fixture f;
  f.open(address{"/nowhere/at/all.db"});
  f.say("lost");
  f.say("lost");
  CHECK(f.log.lines.size() == 1);
}

TEST_CASE("a full database keeps nothing new, and gives what it has",
          "[sqlite]") {
  fixture f;
  f.open(address{}, {1u << 20});
  REQUIRE(f.say("small")->told.whole);
  auto failed = f.say(std::string(2u << 20, 'x'));
  CHECK(failed->why().code == errc::storage_backend);
  CHECK(failed->why().detail == "the database is full");
  auto said = conversation_answer_in(*f.read()->told.whole);
  CHECK(std::get<conversation_page>(*said).messages.size() == 1);
}

TEST_CASE("a database that somebody else has locked is waited for a while",
          "[sqlite]") {
  fixture f;
  auto at = f.where.at("a.db");
  f.open(address{at}, {0, /* busy_ms = */ 20});
  REQUIRE(f.say("first")->told.whole);
  connection other{address{at}, {}};
  {
    transaction all{other};
    auto failed = f.say("second");
    CHECK(failed->why().code == errc::storage_timeout);
    // Who only reads does not wait for who writes.
    CHECK(f.read()->told.whole);
  }
  CHECK(f.say("third")->told.whole);
}

TEST_CASE("what is given up before its turn is not done", "[sqlite]") {
  fixture f;
  auto at = f.where.at("a.db");
  f.open(address{at}, {0, /* busy_ms = */ 10'000});
  REQUIRE(f.say("first")->told.whole);
  connection other{address{at}, {}};
  auto append = [&](std::string text) {
    return f.ask(
      append_messages{{"me", "t"}, "title", {{author::user, std::move(text)}}});
  };
  redis::asked_ptr waiting;
  {
    transaction all{other};
    waiting = append("second");
    append("dropped")->talk.reset();
  }
  f.wait(waiting);
  REQUIRE(f.say("third")->told.whole);
  auto said = conversation_answer_in(*f.read()->told.whole);
  auto& messages = std::get<conversation_page>(*said).messages;
  REQUIRE(messages.size() == 3);
  CHECK(messages[1].text == "second");
  CHECK(messages[2].text == "third");
}

TEST_CASE("a clerk ends while there is work", "[sqlite]") {
  fixture f;
  f.open(address{});
  std::vector<redis::asked_ptr> many;
  for (int i = 0; i < 50; ++i)
    many.push_back(f.ask(find_conversations{"me", {"x"}, 10, {}}));
  f.port.reset();
  f.keeper.reset();
  for (auto& one : many)
    one->talk.reset();
}
