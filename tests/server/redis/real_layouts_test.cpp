// TLS, sentinels and clusters of real redis-servers.
#include <set>

#include "server/redis/command.hpp"
#include "tests/server/papers.hpp"
#include "tests/server/redis/real_store.hpp"

using namespace caisson;
using namespace caisson::redis;

namespace {

/// An authority and another one; `good` is for localhost, `wrong` for another
/// name.
struct redis_papers : papers {
  bool made = authority("ca") && authority("foreign")
              && sign("good", "ca", "DNS:localhost")
              && sign("wrong", "ca", "DNS:other.example");
};

/// A store with TLS on a second port: the plain one is the test's own way in.
struct secure_store {
  secure_store(store_world& it, const redis_papers& with,
               const std::string& name)
    : port{free_port()},
      store{it,
            {"--tls-port", std::to_string(port), "--tls-cert-file",
             with.at(name + ".pem"), "--tls-key-file", with.at(name + ".key"),
             "--tls-ca-cert-file", with.at("ca.pem"), "--tls-auth-clients",
             "no"}} {}

  std::string url(const char* host = "localhost") const {
    return std::string{"rediss://"} + host + ':' + std::to_string(port);
  }

  std::uint16_t port;
  real_store store;
};

/// Asks until it is answered with a value: what is elected takes its time.
asked_ptr insist(store_world& it, store_port& of, const kv_question& what,
                 std::chrono::seconds within = std::chrono::seconds{30}) {
  asked_ptr one;
  REQUIRE(it.until(
    [&] {
      if (!one || (one->over() && one->told.failed))
        one = it.ask(of, what);
      return one->over() && one->told.whole;
    },
    within));
  return one;
}

} // namespace

TEST_CASE("TLS is verified: authority and name", "[redis][real]") {
  if (!real_store::there())
    return;
  redis_papers with;
  if (!with.made) {
    WARN("openssl is missing: TLS to Redis is not tested");
    return;
  }
  store_world it;
  secure_store good{it, with, "good"};
  auto trusting = [&](const std::string& url, const char* authority) {
    store_options how;
    how.ca_file = with.at(authority);
    return it.tell(it.open(url, how), words({"PING"}));
  };
  CHECK(trusting(good.url(), "ca.pem")->text() == "PONG");
  auto foreign = trusting(good.url(), "foreign.pem");
  CHECK(foreign->why().kind == failure_kind::tls);
  CHECK(foreign->why().code == errc::redis_error);
  CHECK(trusting(good.url("127.0.0.1"), "ca.pem")->told.kind()
        == failure_kind::tls);
  secure_store wrong{it, with, "wrong"};
  CHECK(trusting(wrong.url(), "ca.pem")->told.kind() == failure_kind::tls);
  // Nobody is talked to in the clear instead.
  auto plain = "rediss://localhost:" + std::to_string(good.store.port);
  CHECK(trusting(plain, "ca.pem")->told.failed);
}

TEST_CASE("the master that sentinels name is asked, and the next one after a "
          "failure",
          "[redis][real]") {
  if (!real_store::there())
    return;
  store_world it;
  real_store master{it};
  real_store replica{it,
                     {"--replicaof", "127.0.0.1", std::to_string(master.port)}};
  REQUIRE(it.until([&] {
    return replica.admin({"INFO", "replication"}).find("master_link_status:up")
           != std::string::npos;
  }));
  real_store sentinel{it, {}, true};
  auto port = std::to_string(master.port);
  REQUIRE(
    sentinel.admin({"SENTINEL", "MONITOR", "main", "127.0.0.1", port, "1"})
    == "OK");
  REQUIRE(sentinel.admin({"SENTINEL", "SET", "main", "down-after-milliseconds",
                          "300", "failover-timeout", "2000"})
          == "OK");
  REQUIRE(it.until([&] {
    return sentinel.admin({"SENTINEL", "REPLICAS", "main"})
             .find(std::to_string(replica.port))
           != std::string::npos;
  }));
  // The first sentinel is not there: the others are asked in turn.
  auto nobody = "127.0.0.1:" + std::to_string(free_port());
  auto& store = it.open("redis+sentinel://" + nobody + ','
                        + sentinel.host_port() + "/main");
  CHECK(it.tell(store, words({"SET", "a", "1"}))->text() == "OK");
  CHECK(master.admin({"GET", "a"}) == "1");
  auto& unknown
    = it.open("redis+sentinel://" + sentinel.host_port() + "/other");
  CHECK(it.tell(unknown, words({"PING"}))->told.kind()
        == failure_kind::connect);
  master.kill();
  CHECK(insist(it, store, words({"SET", "a", "2"}))->text() == "OK");
  CHECK(replica.admin({"GET", "a"}) == "2");
}

TEST_CASE("a master that has become a replica says so, and is left for the one "
          "that sentinels name",
          "[redis][real]") {
  if (!real_store::there())
    return;
  store_world it;
  real_store old{it};
  real_store next{it, {"--replicaof", "127.0.0.1", std::to_string(old.port)}};
  REQUIRE(it.until([&] {
    return next.admin({"INFO", "replication"}).find("master_link_status:up")
           != std::string::npos;
  }));
  real_store sentinel{it, {}, true};
  auto watch = [&](const real_store& who) {
    REQUIRE(sentinel.admin({"SENTINEL", "MONITOR", "main", "127.0.0.1",
                            std::to_string(who.port), "1"})
            == "OK");
  };
  watch(old);
  auto& store = it.open("redis+sentinel://" + sentinel.host_port() + "/main");
  CHECK(it.tell(store, words({"SET", "a", "1"}))->text() == "OK");
  // By hand: a sentinel that does it closes the old one's connections as well.
  REQUIRE(sentinel.admin({"SENTINEL", "REMOVE", "main"}) == "OK");
  REQUIRE(next.admin({"REPLICAOF", "NO", "ONE"}) == "OK");
  watch(next);
  REQUIRE(old.admin({"REPLICAOF", "127.0.0.1", std::to_string(next.port)})
          == "OK");
  auto refused = it.tell(store, words({"SET", "a", "2"}));
  CHECK(refused->told.kind() == failure_kind::server_error);
  CHECK(insist(it, store, words({"SET", "a", "3"}), std::chrono::seconds{10})
          ->text()
        == "OK");
  CHECK(next.admin({"GET", "a"}) == "3");
}

TEST_CASE("keys of a cluster are found, and followed where they move",
          "[redis][real]") {
  if (!real_store::there())
    return;
  store_world it;
  std::vector<std::unique_ptr<real_store>> nodes;
  std::vector<std::string> buses;
  std::string hosts;
  for (int i = 0; i < 3; ++i) {
    buses.push_back(std::to_string(free_port()));
    nodes.push_back(std::make_unique<real_store>(
      it, std::vector<std::string>{"--cluster-enabled", "yes", "--cluster-port",
                                   buses.back()}));
    hosts += (i > 0 ? "," : "") + nodes.back()->host_port();
  }
  const char* ranges[3][2]
    = {{"0", "5460"}, {"5461", "10922"}, {"10923", "16383"}};
  for (std::size_t i = 0; i < 3; ++i) {
    // Epochs of their own: masters that first have to settle who is younger
    // may take back a slot that was just given away, for good.
    REQUIRE(
      nodes[i]->admin({"CLUSTER", "SET-CONFIG-EPOCH", std::to_string(i + 1)})
      == "OK");
    REQUIRE(
      nodes[i]->admin({"CLUSTER", "ADDSLOTSRANGE", ranges[i][0], ranges[i][1]})
      == "OK");
    REQUIRE(nodes[i]->admin({"CLUSTER", "MEET", "127.0.0.1",
                             std::to_string(nodes[0]->port), buses[0]})
            == "OK");
  }
  for (auto& one : nodes)
    REQUIRE(it.until(
      [&] {
        return one->admin({"CLUSTER", "INFO"}).find("cluster_state:ok")
               != std::string::npos;
      },
      std::chrono::seconds{30}));
  auto& store = it.open("redis+cluster://" + hosts);
  auto owner = [&](const std::string& key) -> std::size_t {
    auto slot = slot_of(key);
    return slot <= 5460 ? 0 : slot <= 10922 ? 1 : 2;
  };
  // By redirections at first, by the map once it is known.
  for (int i = 0; i < 100; ++i) {
    auto key = "key" + std::to_string(i);
    CHECK(it.tell(store, words({"SET", key, key}))->text() == "OK");
    CHECK(nodes[owner(key)]->admin({"GET", key}) == key);
  }
  static const kv_script both{"redis.call('SET', KEYS[1], ARGV[1]) "
                              "return redis.call('GET', KEYS[2])"};
  CHECK(it.tell(store, script(both, {"{t}a", "{t}a"}, {"1"}))->text() == "1");
  CHECK(it.tell(store, script(both, {"{t}a", "{u}b"}, {"1"}))->told.kind()
        == failure_kind::refused);

  SECTION("each master is asked by its number, and nil says that there are no "
          "more, whether or not the map was known") {
    auto& fresh = it.open("redis+cluster://" + hosts);
    std::set<std::string> found;
    std::size_t number = 0;
    for (auto* port : {&fresh, &store})
      for (number = 0;; ++number) {
        auto scan = words({"SCAN", "0", "MATCH", "key*", "COUNT", "1000"});
        scan.server = number;
        auto answer = it.tell(*port, scan);
        if (answer->value().nil())
          break;
        auto& keys = *(*answer->value().list())[1].list();
        CHECK(keys.size() > 10);
        for (auto& key : keys) {
          CHECK(owner(*key.text()) == owner(*keys.front().text()));
          found.insert(*key.text());
        }
      }
    CHECK(number == 3);
    CHECK(found.size() == 100);
  }
  SECTION("a slot on its way (ASK), and arrived (MOVED)") {
    const std::string key = "moving";
    auto from = owner(key);
    auto to = (from + 1) % 3;
    auto slot = std::to_string(slot_of(key));
    auto name
      = [&](std::size_t i) { return nodes[i]->admin({"CLUSTER", "MYID"}); };
    REQUIRE(
      nodes[to]->admin({"CLUSTER", "SETSLOT", slot, "IMPORTING", name(from)})
      == "OK");
    REQUIRE(
      nodes[from]->admin({"CLUSTER", "SETSLOT", slot, "MIGRATING", name(to)})
      == "OK");
    // What its old owner has not is asked for at the new one.
    CHECK(it.tell(store, words({"SET", key, "1"}))->text() == "OK");
    CHECK(it.tell(store, words({"GET", key}))->text() == "1");
    CHECK(nodes[from]->admin({"GET", key}).starts_with("-ASK"));
    for (auto i : {to, from, (to + 1) % 3})
      REQUIRE(nodes[i]->admin({"CLUSTER", "SETSLOT", slot, "NODE", name(to)})
              == "OK");
    CHECK(nodes[from]->admin({"GET", key}).starts_with("-MOVED"));
    // Until all of them have heard of it, masters may send it back and forth.
    CHECK(insist(it, store, words({"GET", key}))->text() == "1");
  }
  SECTION("a node that is gone fails its own keys only") {
    nodes[1]->admin({"CONFIG", "SET", "cluster-require-full-coverage", "no"});
    nodes[0]->admin({"CONFIG", "SET", "cluster-require-full-coverage", "no"});
    nodes[2]->kill();
    std::string here, gone;
    for (int i = 0; here.empty() || gone.empty(); ++i) {
      auto key = "key" + std::to_string(i);
      (owner(key) == 2 ? gone : here) = key;
    }
    CHECK(it.tell(store, words({"GET", gone}))->told.failed);
    CHECK(it.tell(store, words({"GET", here}))->text() == here);
  }
}
