#include "actors/tree.hpp"

#include <set>

#include "tests/support/world.hpp"

using namespace caisson;
using namespace caisson::testing;

namespace {

const std::vector<model_settings> chain{{"smart", {"a/m", "b/m"}}};

std::set<std::string> names_of(world& it) {
  std::set<std::string> result;
  for (auto& x : it.home()->census->places())
    result.insert(x->name);
  return result;
}

} // namespace

TEST_CASE("the tree says who lives") {
  world it{{dependency_named("a"), dependency_named("b")}};
  CHECK(names_of(it)
        == std::set<std::string>{"root", "dependencies", "a", "a/worker-0", "b",
                                 "b/worker-0", "limiters", "limiter-0",
                                 "caches", "cache-0", "semantic", "front_ends",
                                 "front_end-0", "agents", "agent-0"});
  for (auto& x : it.home()->census->places())
    CHECK(x->alive);
  CHECK(it.record("dependencies")->id < it.record("limiters")->id);
  CHECK(it.record("limiters")->id < it.record("front_ends")->id);
  CHECK(it.record("a/worker-0")->parent == it.record("a")->id);
  CHECK(it.record("a")->parent == it.record("dependencies")->id);
  CHECK(it.record("dependencies")->parent == it.record("root")->id);
}

TEST_CASE("a tree that is stopped ends once, normally, with nobody left") {
  world it{{dependency_named("a")}};
  it.outside("a").otherwise = hangs();
  auto told = it.submit("m");
  it.stop();
  CHECK(it.ends == std::vector<bool>{false});
  CHECK(told->finals == 1);
  CHECK(names_of(it) == std::set<std::string>{"root"});
  CHECK_FALSE(it.record("root")->alive);
}

TEST_CASE("S2: a dependency whose port cannot be made takes the node down, "
          "after four starts on each of four levels") {
  world it;
  it.outside("a").broken_ports = 1'000;
  it.start({dependency_named("a")});
  CHECK(it.ends == std::vector<bool>{true});
  CHECK(it.outside("a").broken_ports == 1'000 - 4 * 4 * 4);
}

TEST_CASE("a dependency whose port fails now and then comes back by itself") {
  world it;
  it.outside("a").broken_ports = 6;
  it.start({dependency_named("a")});
  CHECK(it.ends.empty());
  CHECK(it.submit("m")->answered());
}

TEST_CASE("S4: a front end that crashes answers its clients, and the next one "
          "serves") {
  world it{{dependency_named("a")}};
  it.outside("a").script = {hangs(), hangs()};
  auto running = it.submit("m");
  auto failing = it.submit("m");
  it.kill(it.tree().front_end_of(0));
  // Calls go on without it: their client is still there.
  it.outside("a").talks[0]->finish("in spite of all");
  it.outside("a").talks[1]->fail(failure_kind::refused);
  it.run();
  CHECK(running->body == "in spite of all");
  CHECK(failing->how == reply::end::guarded);
  CHECK(it.submit("m")->answered());
  CHECK(it.record("front_end-0")->restarts == 1);
}

TEST_CASE("what was in the mailbox of a front end that dies is answered") {
  world it{{dependency_named("a")}};
  caf::anon_send_exit(it.tree().front_end_of(0), caf::exit_reason::kill);
  auto told = it.submit("m");
  CHECK(told->how == reply::end::guarded);
}

TEST_CASE("S3: a restarted dependency keeps its address, its place and its "
          "counts") {
  world it{{dependency_named("a")}};
  auto place = it.place("a");
  auto record = it.record("a");
  auto before = place->supervisor();
  it.kill(before);
  CHECK(it.place("a") == place);
  CHECK(it.record("a") == record);
  CHECK(record->restarts == 1);
  CHECK(record->alive);
  CHECK(place->supervisor() != before);
  auto places = names_of(it);
  CHECK(places.count("a/worker-0") == 1);
  CHECK(it.home()->census->places().size() == places.size());
}

TEST_CASE("a reload adds a dependency") {
  world it{{dependency_named("a")}};
  CHECK(it.submit("b/m")->failed_with(errc::llm_model_not_found));
  it.apply({dependency_named("a"), dependency_named("b")}, chain);
  CHECK(it.submit("b/m")->answered());
  CHECK(it.submit("smart")->from == "a");
  CHECK(it.record("b")->alive);
}

TEST_CASE("a reload keeps what it does not touch, running calls and breaker "
          "included") {
  auto settings = dependency_named("a");
  world it{{settings}};
  it.outside("a").script = {hangs()};
  auto told = it.submit("m");
  auto place = it.place("a");
  settings.models = {"m", "n"};
  it.apply({settings});
  CHECK(it.place("a") == place);
  CHECK(it.record("a")->restarts == 0);
  it.outside("a").talks[0]->finish("x");
  it.run();
  CHECK(told->body == "x");
  CHECK(it.submit("n")->answered());
}

TEST_CASE("the last of two reloads holds, though the supervisor died before "
          "it heard of it") {
  auto settings = dependency_named("a");
  world it{{settings}};
  settings.bulkhead.concurrency = 2;
  it.tree().apply({settings}, {});
  caf::anon_send_exit(it.place("a")->supervisor(), caf::exit_reason::kill);
  settings.bulkhead.concurrency = 7;
  it.tree().apply({settings}, {});
  it.run();
  CHECK(it.record("a")->restarts == 1);
  CHECK(it.place("a")->settings()->bulkhead.concurrency == 7);
  CHECK(it.place("a")->bulkhead().limit() == 7);
}

TEST_CASE("a dependency that leaves the config finishes its calls and then "
          "ends") {
  world it{{dependency_named("a"), dependency_named("b")}};
  it.outside("b").script = {hangs()};
  auto told = it.submit("b/m", {.deadline = millis{1'000'000}});
  auto place = it.place("b");
  it.apply({dependency_named("a")});
  CHECK(it.submit("b/m")->failed_with(errc::llm_model_not_found));
  it.outside("b").talks[0]->finish("the last one");
  it.run();
  CHECK(told->body == "the last one");
  CHECK(it.record("b") != nullptr);
  it.advance(millis{122'000});
  CHECK(it.record("b") == nullptr);
  CHECK(it.record("b/worker-0") == nullptr);
  CHECK(it.record("dependencies")->escalations == 0);
  CHECK(it.record("dependencies")->restarts == 0);
}

TEST_CASE("a dependency that has left the config ends, though its supervisor "
          "started anew meanwhile") {
  world it{{dependency_named("a"), dependency_named("b")}};
  auto place = it.place("b");
  it.apply({dependency_named("a")});
  it.kill(place->supervisor());
  CHECK(it.record("b")->restarts == 1);
  it.advance(millis{122'000});
  CHECK(it.record("b") == nullptr);
}

TEST_CASE("a dependency that leaves the config does not end under a call") {
  auto slow = dependency_named("b");
  slow.timeout = millis{1'000'000};
  world it{{dependency_named("a"), slow}};
  it.outside("b").script = {hangs()};
  auto told = it.submit("b/m", {.deadline = millis{1'000'000}});
  it.apply({dependency_named("a")});
  it.advance(millis{130'000});
  CHECK(told->how == reply::end::none);
  it.outside("b").talks[0]->finish("late");
  it.advance(millis{2'000});
  CHECK(told->body == "late");
  CHECK(it.record("b") == nullptr);
}

TEST_CASE("a dependency that leaves and comes back is served anew") {
  world it{{dependency_named("a"), dependency_named("b")}};
  it.apply({dependency_named("a")});
  it.apply({dependency_named("a"), dependency_named("b")});
  CHECK(it.submit("b/m")->answered());
  it.advance(millis{122'000});
  CHECK(it.submit("b/m")->answered());
  CHECK(it.record("b")->alive);
}

TEST_CASE("a place that has gone is not held in memory by those who lived "
          "there") {
  std::weak_ptr<compartment> place;
  {
    world it;
    std::vector<dependency_settings> both{dependency_named("a"),
                                          dependency_named("b")};
    caisson::tree::plan plan;
    plan.home = it.home();
    plan.threads = {placement{}};
    plan.make_port
      = [](const dependency_settings&, std::size_t) { return nullptr; };
    caisson::tree tree{std::move(plan), both, {}};
    it.run();
    place = tree.dependencies().back();
    tree.stop();
    it.run();
    REQUIRE_FALSE(place.expired());
  }
  CHECK(place.expired());
}
