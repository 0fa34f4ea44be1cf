// A port against a real redis-server.
#include <algorithm>

#include "server/redis/command.hpp"
#include "tests/server/redis/real_store.hpp"

using namespace caisson;
using namespace caisson::redis;
using namespace std::chrono_literals;

namespace {

const kv_script add{"return redis.call('INCRBY', KEYS[1], ARGV[1])"};

struct fixture {
  store_world it;
  real_store store;

  explicit fixture(std::vector<std::string> settings = {},
                   store_options how = {})
    : store{it, std::move(settings)} {
    it.open(store.url(), std::move(how));
  }

  failure_kind fails(std::vector<std::string> what) {
    auto one = it.tell(words(std::move(what)));
    return one->told.kind();
  }

  /// Asks until it is answered: pauses between connections are by time.
  bool recovers() {
    asked_ptr one;
    return it.until([&] {
      if (!one || (one->over() && one->told.failed))
        one = it.ask(words({"PING"}));
      return one->over() && one->told.whole;
    });
  }
};

} // namespace

TEST_CASE("values go in and come out as they were", "[redis][real]") {
  if (!real_store::there())
    return;
  fixture f;
  std::string odd;
  for (int i = 0; i < 512; ++i)
    odd += static_cast<char>(i);
  CHECK(f.it.tell(words({"SET", odd, odd}))->text() == "OK");
  CHECK(f.it.tell(words({"GET", odd}))->text() == odd);
  CHECK(f.it.tell(words({"GET", "none"}))->value().nil());
  CHECK(*f.it.tell(words({"INCR", "n"}))->value().integer() == 1);
  const std::string big(4u << 20, 'x');
  CHECK(f.it.tell(words({"SET", "big", big}))->text() == "OK");
  CHECK(f.it.tell(words({"GET", "big"}))->text() == big);
  auto list = f.it.tell(words({"MGET", "n", "none"}));
  REQUIRE(list->value().list());
  CHECK(*list->value().list()->at(0).text() == "1");
  CHECK(list->value().list()->at(1).nil());
}

TEST_CASE("ten thousand questions are answered each with its own answer",
          "[redis][real]") {
  if (!real_store::there())
    return;
  fixture f;
  std::vector<asked_ptr> all;
  for (int i = 0; i < 10'000; ++i) {
    auto number = std::to_string(i);
    all.push_back(f.it.ask(words({"ECHO", number})));
    if (i % 7 == 0)
      all.back()->talk.reset(); // given up: its reply is dropped
  }
  REQUIRE(f.it.until([&] {
    for (std::size_t i = 0; i < all.size(); ++i)
      if (i % 7 != 0 && !all[i]->over())
        return false;
    return true;
  }));
  for (std::size_t i = 0; i < all.size(); ++i)
    if (i % 7 != 0)
      REQUIRE(all[i]->text() == std::to_string(i));
  CHECK(f.store.admin({"INFO", "clients"}).find("connected_clients:2")
        != std::string::npos);
}

TEST_CASE("scripts run, and run again when the store has forgotten them",
          "[redis][real]") {
  if (!real_store::there())
    return;
  fixture f;
  auto run
    = [&] { return *f.it.tell(script(add, {"n"}, {"5"}))->value().integer(); };
  CHECK(run() == 5);
  CHECK(run() == 10);
  CHECK(f.store.admin({"SCRIPT", "FLUSH"}) == "OK");
  CHECK(run() == 15);
  f.store.kill();
  f.store.start();
  REQUIRE(f.recovers());
  CHECK(run() == 5);
}

TEST_CASE("a store that is killed fails what is under way, and is found again",
          "[redis][real]") {
  if (!real_store::there())
    return;
  fixture f;
  REQUIRE(f.it.tell(words({"PING"}))->text() == "PONG");
  f.store.pause();
  std::vector<asked_ptr> all;
  for (int i = 0; i < 64; ++i)
    all.push_back(f.it.ask(words({"GET", "a"})));
  f.it.settle();
  f.store.kill();
  REQUIRE(f.it.until([&] {
    return std::all_of(all.begin(), all.end(),
                       [](auto& x) { return x->over(); });
  }));
  for (auto& x : all) {
    CHECK((x->told.kind() == failure_kind::reset
           || x->told.kind() == failure_kind::eof));
    CHECK(x->why().code == errc::redis_unavailable);
  }
  CHECK(f.fails({"GET", "a"}) == failure_kind::connect);
  f.store.start();
  CHECK(f.recovers());
}

TEST_CASE("a stopped store is hung up on, and taken up when it goes on",
          "[redis][real]") {
  if (!real_store::there())
    return;
  store_options soon;
  soon.silence = 100ms;
  fixture f{{}, soon};
  REQUIRE(f.it.tell(words({"PING"}))->text() == "PONG");
  f.store.pause();
  auto one = f.it.ask(words({"GET", "a"}));
  REQUIRE(f.it.until([&] { return one->over(); }));
  CHECK(one->why().kind == failure_kind::first_byte_timeout);
  // The system still takes connections for it; nobody greets.
  auto next = f.it.ask(words({"GET", "a"}), 100ms);
  REQUIRE(f.it.until([&] { return next->over(); }));
  CHECK(next->why().code == errc::redis_timeout);
  f.store.go_on();
  CHECK(f.recovers());
}

TEST_CASE("what a store says of its own state is a failure of its",
          "[redis][real]") {
  if (!real_store::there())
    return;
  fixture f;
  REQUIRE(f.it.tell(words({"SET", "list", "x"}))->text() == "OK");
  SECTION("out of memory") {
    REQUIRE(f.store.admin({"CONFIG", "SET", "maxmemory", "1"}) == "OK");
    CHECK(f.fails({"SET", "a", "1"}) == failure_kind::server_error);
    CHECK(f.it.tell(words({"GET", "list"}))->text() == "x");
    REQUIRE(f.store.admin({"CONFIG", "SET", "maxmemory", "0"}) == "OK");
    CHECK(f.it.tell(words({"SET", "a", "1"}))->text() == "OK");
  }
  SECTION("a replica") {
    auto nobody = std::to_string(free_port());
    REQUIRE(f.store.admin({"REPLICAOF", "127.0.0.1", nobody}) == "OK");
    // Clients are cut off at a change of roles.
    REQUIRE(f.recovers());
    CHECK(f.fails({"SET", "a", "1"}) == failure_kind::server_error);
    REQUIRE(f.store.admin({"REPLICAOF", "NO", "ONE"}) == "OK");
    CHECK(f.recovers());
    CHECK(f.it.tell(words({"SET", "a", "1"}))->text() == "OK");
  }
  SECTION("a busy script") {
    REQUIRE(f.store.admin({"CONFIG", "SET", "busy-reply-threshold", "1"})
            == "OK");
    auto& other = f.it.open(f.store.url());
    auto loop = f.it.ask(other, words({"EVAL", "while true do end", "0"}));
    failure_kind seen{};
    REQUIRE(f.it.until([&] {
      seen = f.fails({"GET", "list"});
      return seen != failure_kind::none;
    }));
    CHECK(seen == failure_kind::overloaded);
    CHECK(f.store.admin({"SCRIPT", "KILL"}) == "OK");
    REQUIRE(f.it.until([&] { return loop->over(); }));
    CHECK(f.recovers());
  }
  SECTION("the wrong type is no failure of its") {
    CHECK(f.fails({"LPUSH", "list", "1"}) == failure_kind::refused);
    CHECK(f.it.tell(words({"GET", "list"}))->text() == "x");
  }
}

TEST_CASE("passwords and users are checked", "[redis][real]") {
  if (!real_store::there())
    return;
  store_world it;
  real_store store{it,
                   {"--requirepass", "secret", "--user", "node", "on", ">word",
                    "~mine:*", "+get", "+set", "+client"}};
  auto as = [&](std::string user, std::string password) -> store_port& {
    return it.open(store.url(), {std::move(user), std::move(password), {}});
  };
  auto kind = [&](store_port& of, std::vector<std::string> what) {
    return it.tell(of, words(std::move(what)))->told.kind();
  };
  CHECK(it.tell(as("", "secret"), words({"PING"}))->text() == "PONG");
  CHECK(kind(as("", "wrong"), {"PING"}) == failure_kind::credentials);
  CHECK(kind(as("", ""), {"PING"}) == failure_kind::credentials);
  CHECK(kind(as("node", "secret"), {"PING"}) == failure_kind::credentials);
  auto& node = as("node", "word");
  CHECK(it.tell(node, words({"SET", "mine:a", "1"}))->text() == "OK");
  CHECK(kind(node, {"SET", "other", "1"}) == failure_kind::credentials);
  CHECK(kind(node, {"DEL", "mine:a"}) == failure_kind::credentials);
  for (auto word : {"secret", "wrong", "word"})
    CHECK_FALSE(it.log.has(word));
}

TEST_CASE("databases are apart", "[redis][real]") {
  if (!real_store::there())
    return;
  store_world it;
  real_store store{it};
  auto& first = it.open(store.url());
  auto& third = it.open(store.url() + "/3");
  CHECK(it.tell(third, words({"SET", "a", "1"}))->text() == "OK");
  CHECK(it.tell(first, words({"GET", "a"}))->value().nil());
  auto& none = it.open(store.url() + "/99");
  CHECK(it.tell(none, words({"GET", "a"}))->told.kind()
        == failure_kind::credentials);
}
