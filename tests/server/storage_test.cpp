// The storage in the config, and the rules of the agent.
#include "server/config/storage.hpp"

#include "server/config/check_agent.hpp"
#include "server/config/schema.hpp"
#include "tests/server/config_fixture.hpp"
#include "tests/server/papers.hpp"

namespace caisson::config {

TEST_CASE("conversations are kept in memory where nobody says where",
          "[config]") {
  auto made = storage_of(accepted({}));
  CHECK(made.name == "storage");
  CHECK(made.kind == "sqlite");
  CHECK(made.url == "sqlite::memory:");
  CHECK(made.max_size == 1u << 30);
}

TEST_CASE("a folder for data is one for the database", "[config]") {
  papers where;
  auto folder = where.at(".");
  auto made = storage_of(accepted({"[node]\ndata_dir = \"" + folder + "\"\n"}));
  CHECK(made.url == "sqlite://" + folder + "/caisson.db");
  for (auto bad : {"/nowhere", "tmp", ".", "", "//tmp", "/dev/null"}) {
    INFO(bad);
    CHECK(
      complaints({"[node]\ndata_dir = \"" + std::string{bad} + "\"\n"}).size()
      == 1);
  }
}

TEST_CASE("a database may be elsewhere", "[config]") {
  auto made = storage_of(accepted(
    {"[storage]\nurl = \"sqlite:///srv/a.db\"\nmax_size = \"2MiB\"\n"}));
  CHECK(made.url == "sqlite:///srv/a.db");
  CHECK(made.max_size == 2u << 20);
  CHECK(complaints({"[storage]\nurl = \"sqlite://a.db\"\n"}).size() == 1);
}

TEST_CASE("a kind of storage that there is not is refused by name",
          "[config]") {
  CHECK(complaints({"[storage]\nkind = \"postgres\"\n"})
        == lines{"caisson.toml:2:8: storage.kind is \"postgres\", nearest is "
                 "\"sqlite\", expected \"sqlite\""});
}

TEST_CASE("the storage is a dependency behind the others, with SPEC's bounds",
          "[config]") {
  auto all
    = every_dependency(accepted({"[dependency.a]\nkind = \"simulated\"\n"}));
  REQUIRE(all.size() == 2);
  CHECK(all[0].name == "a");
  auto& one = all[1];
  CHECK(one.breaker.failures == 5);
  CHECK(one.breaker.open_for == millis{30'000});
  CHECK(one.timeout == millis{10'000});
  CHECK(one.bulkhead.concurrency == 20);
  CHECK(one.retry.attempts == 3);
}

TEST_CASE("no other dependency is called as the storage", "[config]") {
  CHECK(complaints({"[dependency.storage]\nkind = \"simulated\"\n"}).size()
        == 1);
}

TEST_CASE("where the database is cannot change while the node runs",
          "[config]") {
  auto before = accepted({});
  auto after = accepted({"[storage]\nurl = \"sqlite:///srv/a.db\"\n"});
  CHECK(needs_restart(before, after) == lines{"storage.url"});
}

TEST_CASE("the agent asks a model that there is", "[config]") {
  const std::string providers = "[dependency.a]\nkind = \"simulated\"\n"
                                "models = [\"m\"]\n[models.smart]\n"
                                "chain = [\"a/m\"]\n[agent]\nmodel = ";
  for (auto good : {"\"smart\"", "\"m\"", "\"a/anything\""}) {
    INFO(good);
    CHECK(complaints({providers + good + "\n"}).empty());
  }
  for (auto bad : {"\"a\"", "\"b/m\"", "\"storage/m\"", "\"M\""}) {
    INFO(bad);
    CHECK(complaints({providers + bad + "\n"}).size() == 1);
  }
}

TEST_CASE("the agent has bounds", "[config]") {
  auto made = accepted({"[agent]\nmax_steps = 3\nmax_tokens = 1000\n"
                        "max_tools = 5\nparallel = 2\nallow = [\"read_*\"]\n"
                        "deny = [\"read_all\"]\n"})
                .agent;
  CHECK(made.max_steps == 3);
  CHECK(made.max_tokens == 1'000);
  CHECK(made.max_tools == 5);
  CHECK(made.parallel == 2);
  CHECK(made.tools.allow == lines{"read_*"});
  CHECK(made.tools.deny == lines{"read_all"});
  CHECK(complaints({"[agent]\nmax_steps = 0\n"}).size() == 1);
}

} // namespace caisson::config
