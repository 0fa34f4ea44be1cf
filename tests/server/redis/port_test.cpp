// A port against a Redis of which the test says every byte.
#include <algorithm>

#include "server/redis/command.hpp"
#include "tests/server/redis/store_world.hpp"

using namespace caisson;
using namespace caisson::redis;

namespace {

const kv_script once{"return ARGV[1]"};

struct fixture {
  store_world it;
  scripted_store store{it};

  explicit fixture(store_options how = {}) { it.open(store.url(), how); }

  bool all_over(const std::vector<asked_ptr>& list) {
    return it.until([&] {
      return std::all_of(list.begin(), list.end(),
                         [](auto& x) { return x->over(); });
    });
  }
};

} // namespace

TEST_CASE("questions of one turn leave together and are answered in order",
          "[redis]") {
  fixture f;
  auto first = f.it.ask(words({"GET", "a"}));
  auto second = f.it.ask(words({"GET", "b"}));
  auto there = f.store.welcome();
  f.store.hears(there, "$1\r\nb\r\n");
  there.say("$1\r\n1\r\n$1\r\n2\r\n");
  REQUIRE(f.all_over({first, second}));
  CHECK(first->text() == "1");
  CHECK(second->text() == "2");
}

TEST_CASE("replies cut at every byte are the same replies", "[redis]") {
  const std::string sent = "*2\r\n$3\r\na\r\n\r\n:5\r\n$-1\r\n";
  fixture f;
  auto warm = f.it.ask(words({"PING"}));
  auto there = f.store.welcome();
  there.say("+PONG\r\n");
  REQUIRE(f.all_over({warm}));
  for (std::size_t cut = 1; cut < sent.size(); ++cut) {
    INFO(cut);
    auto list = f.it.ask(words({"LIST"}));
    auto nil = f.it.ask(words({"NIL"}));
    f.store.hears(there, "NIL");
    there.say(std::string_view{sent}.substr(0, cut));
    f.it.settle();
    there.say(std::string_view{sent}.substr(cut));
    REQUIRE(f.all_over({list, nil}));
    REQUIRE(list->value().list());
    CHECK(*list->value().list()->at(0).text() == "a\r\n");
    CHECK(nil->value().nil());
  }
}

TEST_CASE("an attempt that is given up keeps its place among the replies",
          "[redis]") {
  fixture f;
  auto first = f.it.ask(words({"GET", "a"}));
  auto second = f.it.ask(words({"GET", "b"}));
  auto third = f.it.ask(words({"GET", "c"}));
  auto there = f.store.welcome();
  f.store.hears(there, "$1\r\nc\r\n");
  second->talk.reset();
  CHECK(second->told.gone);
  there.say("+1\r\n+2\r\n+3\r\n");
  REQUIRE(f.all_over({first, third}));
  CHECK(first->text() == "1");
  CHECK(third->text() == "3");
  CHECK(second->told.ends == 0);
  // A reply that comes long after is not taken for the next one's.
  auto late = f.it.ask(words({"GET", "d"}));
  f.store.hears(there, "$1\r\nd\r\n");
  late->talk.reset();
  auto next = f.it.ask(words({"GET", "e"}));
  f.store.hears(there, "$1\r\ne\r\n");
  there.say("+late\r\n");
  f.it.settle();
  CHECK_FALSE(next->over());
  there.say("+5\r\n");
  REQUIRE(f.all_over({next}));
  CHECK(next->text() == "5");
}

TEST_CASE("what is given up before there is a connection is never sent",
          "[redis]") {
  fixture f;
  auto dropped = f.it.ask(words({"DROPPED"}));
  auto kept = f.it.ask(words({"KEPT"}));
  dropped->talk.reset();
  auto there = f.store.welcome();
  REQUIRE(f.it.until(
    [&] { return there.heard().find("KEPT") != std::string::npos; }));
  CHECK(there.all.find("DROPPED") == std::string::npos);
}

TEST_CASE("an error of the store fails its own attempt only", "[redis]") {
  fixture f;
  auto bad = f.it.ask(words({"GET", "a"}));
  auto good = f.it.ask(words({"GET", "b"}));
  auto there = f.store.welcome();
  there.say("-LOADING Redis is loading the dataset in memory\r\n+2\r\n");
  REQUIRE(f.all_over({bad, good}));
  CHECK(bad->why().kind == failure_kind::overloaded);
  CHECK(bad->why().code == errc::redis_unavailable);
  CHECK(good->text() == "2");
}

TEST_CASE("a refused command is a line in the log without its arguments",
          "[redis]") {
  fixture f;
  auto bad = f.it.ask(words({"INCR", "user:42"}));
  auto there = f.store.welcome();
  there.say("-WRONGTYPE Operation against user:42\r\n");
  REQUIRE(f.all_over({bad}));
  CHECK(outcome_of(bad->why()) == outcome::ignored);
  CHECK(f.it.log.has("store refused INCR with WRONGTYPE"));
  CHECK_FALSE(f.it.log.has("user:"));
}

TEST_CASE("garbage ends the connection and all that is under way on it",
          "[redis]") {
  fixture f;
  auto first = f.it.ask(words({"GET", "a"}));
  auto second = f.it.ask(words({"GET", "b"}));
  auto there = f.store.welcome();
  f.store.hears(there, "$1\r\nb\r\n");
  there.say("HTTP/1.1 400 Bad Request\r\n");
  REQUIRE(f.all_over({first, second}));
  CHECK(first->why().kind == failure_kind::decode);
  CHECK(first->why().code == errc::redis_error);
  CHECK(second->why().kind == failure_kind::decode);
  REQUIRE(f.it.until([&] { return there.heard(), there.ended; }));
}

TEST_CASE("a reply that nobody has asked for ends the connection", "[redis]") {
  fixture f;
  auto one = f.it.ask(words({"PING"}));
  auto there = f.store.welcome();
  there.say("+PONG\r\n+PONG\r\n");
  REQUIRE(f.all_over({one}));
  REQUIRE(f.it.until([&] { return there.heard(), there.ended; }));
}

TEST_CASE("a connection that breaks fails what is under way, and the next "
          "attempt opens another one",
          "[redis]") {
  fixture f;
  auto one = f.it.ask(words({"PING"}));
  auto there = f.store.welcome();
  there.say("+PONG\r\n");
  REQUIRE(f.all_over({one}));
  auto first = f.it.ask(words({"GET", "a"}));
  auto second = f.it.ask(words({"GET", "b"}));
  SECTION("closed") {
    f.store.hears(there, "$1\r\nb\r\n");
    there.say("$10\r\nhalf");
    there.close();
    REQUIRE(f.all_over({first, second}));
    CHECK(first->why().kind == failure_kind::eof);
  }
  SECTION("reset") {
    f.store.hears(there, "$1\r\nb\r\n");
    there.reset();
    REQUIRE(f.all_over({first, second}));
    CHECK(first->why().kind == failure_kind::reset);
  }
  CHECK(first->why().code == errc::redis_unavailable);
  CHECK(second->told.failed);
  auto again = f.it.ask(words({"GET", "c"}));
  auto other = f.store.welcome();
  other.say("+3\r\n");
  REQUIRE(f.all_over({again}));
  CHECK(again->text() == "3");
}

TEST_CASE("nobody there fails at once, and is not hammered", "[redis]") {
  fixture f;
  f.store.at.close();
  auto first = f.it.ask(words({"GET", "a"}));
  REQUIRE(f.all_over({first}));
  CHECK(first->why().kind == failure_kind::connect);
  CHECK(first->why().code == errc::redis_unavailable);
  // In the pause nothing is dialled: it has the last cause again.
  auto second = f.it.ask(words({"GET", "a"}));
  f.it.settle();
  REQUIRE(second->over());
  CHECK(second->why().kind == failure_kind::connect);
  CHECK(f.it.log.lines.size() == 1);
}

TEST_CASE("a black hole costs the time to connect and no more", "[redis]") {
  fixture f;
  f.store.at.fill();
  auto one = f.it.ask(words({"GET", "a"}), std::chrono::milliseconds{50});
  REQUIRE(f.all_over({one}));
  CHECK(one->why().kind == failure_kind::connect_timeout);
  CHECK(one->why().code == errc::redis_timeout);
}

TEST_CASE("who is let in by nobody waits no longer than to connect",
          "[redis]") {
  fixture f;
  auto one = f.it.ask(words({"GET", "a"}), std::chrono::milliseconds{300});
  auto there = f.store.accept();
  REQUIRE(f.all_over({one}));
  CHECK(one->why().kind == failure_kind::connect_timeout);
  REQUIRE(f.it.until([&] { return there.heard(), there.ended; }));
}

TEST_CASE("a store that falls silent is hung up on", "[redis]") {
  store_options soon;
  soon.silence = std::chrono::milliseconds{50};
  fixture f{soon};
  auto one = f.it.ask(words({"GET", "a"}));
  auto two = f.it.ask(words({"GET", "b"}));
  auto there = f.store.welcome();
  SECTION("after nothing") {}
  SECTION("after half a reply") {
    there.say("$5\r\nab");
  }
  two->talk.reset(); // also if nobody waits any more
  REQUIRE(f.all_over({one}));
  CHECK(one->why().kind == failure_kind::first_byte_timeout);
  CHECK(one->why().code == errc::redis_timeout);
  REQUIRE(f.it.until([&] { return there.heard(), there.ended; }));
}

TEST_CASE("a reply that drips is a reply", "[redis]") {
  store_options soon;
  soon.silence = std::chrono::milliseconds{200};
  fixture f{soon};
  auto one = f.it.ask(words({"GET", "a"}));
  auto there = f.store.welcome();
  for (auto byte : std::string{"$5\r\nabcde\r\n"}) {
    there.say({&byte, 1});
    f.it.settle();
  }
  REQUIRE(f.all_over({one}));
  CHECK(one->text() == "abcde");
}

TEST_CASE("what the store does not take is kept within a bound", "[redis]") {
  fixture f;
  auto one = f.it.ask(words({"PING"}));
  auto there = f.store.welcome();
  there.say("+PONG\r\n");
  REQUIRE(f.all_over({one}));
  std::vector<asked_ptr> all;
  const std::string big(1u << 20, 'x');
  while (all.size() < 100 && (all.empty() || !all.back()->over())) {
    all.push_back(f.it.ask(words({"SET", "k", big})));
    f.it.settle();
  }
  CHECK(all.size() < 40);
  CHECK(all.back()->why().kind == failure_kind::overloaded);
  CHECK(all.back()->why().code == errc::redis_unavailable);
  CHECK_FALSE(all.front()->over());
}

TEST_CASE("a script that the store does not know is sent whole, within the "
          "attempt",
          "[redis]") {
  fixture f;
  auto one = f.it.ask(script(once, {}, {"x"}));
  auto there = f.store.welcome();
  f.store.hears(there, "EVALSHA");
  auto between = f.it.ask(words({"GET", "a"}));
  f.store.hears(there, "GET");
  there.say("-NOSCRIPT No matching script. Please use EVAL.\r\n+a\r\n");
  f.store.hears(there, std::string{once.text});
  there.say("$1\r\nx\r\n");
  REQUIRE(f.all_over({one, between}));
  CHECK(one->text() == "x");
  CHECK(between->text() == "a");
}

TEST_CASE("a script that is still not known is an error", "[redis]") {
  fixture f;
  auto one = f.it.ask(script(once, {}, {"x"}));
  auto there = f.store.welcome();
  f.store.hears(there, "EVALSHA");
  there.say("-NOSCRIPT No matching script.\r\n");
  f.store.hears(there, std::string{once.text});
  there.say("-NOSCRIPT No matching script.\r\n");
  REQUIRE(f.all_over({one}));
  CHECK(one->why().kind == failure_kind::refused);
}

TEST_CASE("a store that has become a replica is left, but not what it owes",
          "[redis]") {
  fixture f;
  auto write = f.it.ask(words({"SET", "a", "1"}));
  auto read = f.it.ask(words({"GET", "a"}));
  auto there = f.store.welcome();
  f.store.hears(there, "GET");
  there.say("-READONLY You can't write against a read only replica.\r\n");
  REQUIRE(f.all_over({write}));
  CHECK(write->why().kind == failure_kind::server_error);
  there.say("+old\r\n");
  REQUIRE(f.all_over({read}));
  CHECK(read->text() == "old");
  REQUIRE(f.it.until([&] { return there.heard(), there.ended; }));
}

TEST_CASE("credentials go before everything else", "[redis]") {
  store_options who;
  who.user = "node";
  who.password = "secret";
  store_world it;
  scripted_store store{it};
  it.open(store.url() + "/3", who);
  auto one = it.ask(words({"PING"}));
  auto there = store.accept();
  REQUIRE(it.until(
    [&] { return there.heard().find("SETNAME") != std::string::npos; }));
  CHECK(there.all
        == "*3\r\n$4\r\nAUTH\r\n$4\r\nnode\r\n$6\r\nsecret\r\n"
           "*2\r\n$6\r\nSELECT\r\n$1\r\n3\r\n"
           "*3\r\n$6\r\nCLIENT\r\n$7\r\nSETNAME\r\n$7\r\ncaisson\r\n");
  SECTION("and are taken, with a name or without") {
    there.say("+OK\r\n+OK\r\n-NOPERM no names\r\n");
    store.hears(there, "PING");
    there.say("+PONG\r\n");
    REQUIRE(it.until([&] { return one->over(); }));
    CHECK(one->text() == "PONG");
  }
  SECTION("or refused: nothing of ours is sent, and nothing said of them") {
    there.say("-WRONGPASS invalid username-password pair\r\n");
    REQUIRE(it.until([&] { return one->over(); }));
    CHECK(one->why().kind == failure_kind::credentials);
    CHECK(there.heard().find("PING") == std::string::npos);
    CHECK_FALSE(it.log.has("secret"));
  }
  SECTION("a password that nobody asks for is a mistake, too") {
    there.say(
      "-ERR AUTH <password> called without any password configured\r\n");
    REQUIRE(it.until([&] { return one->over(); }));
    CHECK(one->why().kind == failure_kind::credentials);
  }
  SECTION("a database that is none, too") {
    there.say("+OK\r\n-ERR DB index is out of range\r\n+OK\r\n");
    REQUIRE(it.until([&] { return one->over(); }));
    CHECK(one->why().kind == failure_kind::credentials);
  }
}

TEST_CASE("a port that is replaced answers what it has begun", "[redis]") {
  store_world it;
  scripted_store store{it};
  auto one = [&] {
    auto where = address::parse(store.url()).value();
    redis::access with{it.io, std::make_shared<upstream::resolver>(), nullptr,
                       "", ""};
    store_port first{where, std::move(with), "store", it.log};
    return it.ask(first, words({"GET", "a"}));
  }();
  auto there = store.welcome();
  there.say("+1\r\n");
  REQUIRE(it.until([&] { return one->over(); }));
  CHECK(one->text() == "1");
}
