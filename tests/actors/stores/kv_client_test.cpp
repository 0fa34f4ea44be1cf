#include "actors/stores/kv_client.hpp"

#include "actors/dependency/worker.hpp"
#include "actors/stores/key_value.hpp"
#include "actors/telemetry/families.hpp"
#include "tests/support/world.hpp"

using namespace caisson;
using namespace caisson::testing;

namespace {

dependency_settings a_store() {
  auto made = dependency_named("store");
  made.kind = "redis";
  made.models.clear();
  made.timeout = millis{100};
  made.connect_timeout = millis{50};
  made.breaker.failures = 2;
  made.breaker.open_for = millis{30'000};
  made.retry.base = millis{10};
  return made;
}

/// An actor that asks a store, as a limiter or a cache does.
struct fixture {
  world it{{a_store()}};
  fake_dependency& outside = it.outside("store");
  job_owner_actor self;
  std::unique_ptr<kv_client> client;
  std::vector<result<kv_value_ptr>> answers;

  fixture() {
    outside.otherwise = hangs();
    self = it.system().spawn([this](job_owner_actor::pointer) {
      return job_owner_actor::behavior_type{
        [this](const job_finished& x) { client->on_finished(x); }};
    });
    client = std::make_unique<kv_client>(self, it.place("store"), 0);
  }

  ~fixture() { it.kill(self); }

  void ask(millis within, bool repeatable = false) {
    kv_question what;
    what.words = {"GET", "k"};
    what.repeatable = repeatable;
    client->ask(std::move(what), it.now(), it.now() + within,
                [this](auto x) { answers.push_back(std::move(x)); });
    it.run();
  }

  /// The store says a text to its last question.
  void say(std::string text) {
    auto value = std::make_shared<const kv_value>(kv_value{std::move(text)});
    outside.talks.back()->over = true;
    outside.talks.back()->listener->finished(answer_of(value), {});
    it.run();
  }

  errc code() const { return answers.back().error().code; }
};

} // namespace

TEST_CASE("what the store says reaches whoever asked", "[kv_client]") {
  fixture f;
  f.ask(millis{50});
  CHECK(f.client->pending() == 1);
  auto& asked
    = static_cast<const kv_question&>(*f.outside.talks.back()->keep->body);
  CHECK(asked.words == std::vector<std::string>{"GET", "k"});
  f.say("v");
  REQUIRE(f.answers.size() == 1);
  CHECK(*f.answers[0].value()->text() == "v");
  CHECK(f.client->pending() == 0);
  CHECK(f.it.place("store")->bulkhead().in_flight() == 0);
}

TEST_CASE("a value that is nothing is an answer, too", "[kv_client]") {
  fixture f;
  f.ask(millis{50});
  f.outside.talks.back()->over = true;
  f.outside.talks.back()->listener->finished(
    answer_of(std::make_shared<const kv_value>()), {});
  f.it.run();
  REQUIRE(f.answers.size() == 1);
  CHECK(f.answers[0].value()->nil());
}

TEST_CASE("a store that is silent is given up at the time given",
          "[kv_client]") {
  fixture f;
  f.ask(millis{40});
  f.it.advance(millis{70});
  REQUIRE(f.answers.size() == 1);
  CHECK(f.code() == errc::deadline_exceeded);
  CHECK(f.outside.cancelled == 1);
  CHECK(f.it.count(families::timeout_violations, {"store", "first_byte"}) == 1);
}

TEST_CASE("faults of a store have its own family's codes", "[kv_client]") {
  fixture f;
  f.ask(millis{1'000});
  f.it.advance(millis{130});
  REQUIRE(f.answers.size() == 1);
  CHECK(f.code() == errc::redis_timeout);
  CHECK(f.answers[0].error().detail
        == "the shared store did not answer in time");
  CHECK(f.answers[0].error().dependency == "store");
}

TEST_CASE("an open breaker refuses at once and asks nothing", "[kv_client]") {
  fixture f;
  for (int i = 0; i < 2; ++i) {
    f.ask(millis{40});
    f.it.advance(millis{70});
  }
  REQUIRE(f.it.place("store")->state() == breaker_state::open);
  auto before = f.outside.started;
  kv_question what;
  what.words = {"GET", "k"};
  auto told = false;
  f.client->ask(std::move(what), f.it.now(), f.it.now() + millis{40},
                [&](auto x) {
                  told = true;
                  CHECK(x.error().code == errc::circuit_breaker_open);
                });
  CHECK(told); // within the call
  f.it.run();
  CHECK(f.outside.started == before);
  CHECK(f.client->pending() == 0);
}

TEST_CASE("only what may be run twice is tried again after an answer was lost",
          "[kv_client]") {
  fixture f;
  auto lost = fails(failure_kind::reset);
  lost.why.code = errc::redis_unavailable;
  f.outside.script = {lost};
  f.ask(millis{1'000});
  REQUIRE(f.answers.size() == 1);
  CHECK(f.code() == errc::redis_unavailable);
  CHECK(f.outside.started == 1);
  f.outside.script = {lost};
  f.ask(millis{1'000}, /* repeatable = */ true);
  f.it.advance(millis{50});
  CHECK(f.outside.started == 3);
  f.say("v");
  REQUIRE(f.answers.size() == 2);
  CHECK(*f.answers[1].value()->text() == "v");
}

TEST_CASE("what surely was not run is tried again in any case", "[kv_client]") {
  fixture f;
  f.outside.script = {fails(failure_kind::connect)};
  f.ask(millis{1'000});
  f.it.advance(millis{50});
  CHECK(f.outside.started == 2);
  f.say("v");
  CHECK(f.answers.size() == 1);
}

TEST_CASE("a worker that crashes answers all the same", "[kv_client]") {
  fixture f;
  f.ask(millis{1'000});
  f.it.kill(f.it.place("store")->worker(0));
  REQUIRE(f.answers.size() == 1);
  CHECK(f.code() == errc::unexpected);
  // Its successor serves.
  f.ask(millis{1'000});
  f.say("v");
  CHECK(*f.answers.back().value()->text() == "v");
}

TEST_CASE("a store counts in no family of LLM providers", "[kv_client]") {
  fixture f;
  f.ask(millis{50});
  f.say("v");
  CHECK(f.it.count(families::breaker_successes, {"store"}) == 1);
  CHECK(f.it.count(families::llm_requests, {"store", "other", "ok"}) == 0);
}

TEST_CASE("no model's name leads to a store", "[kv_client]") {
  auto odd = a_store();
  odd.models = {"m"};
  world it{{odd, dependency_named("a")}};
  CHECK(it.tree().routes()->find("m")->targets.front().where->name() == "a");
  CHECK(it.tree().routes()->find("store/m") == nullptr);
  CHECK(it.tree().routes()->names().size() == 1);
}
