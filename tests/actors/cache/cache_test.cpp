#include "actors/cache/cache.hpp"

#include "actors/telemetry/families.hpp"
#include "tests/actors/cache/kept_world.hpp"

// The first layer and the flights (cache.hpp, fetching.hpp, shards.hpp,
// lookup.hpp, reply.hpp); the second layer is shared_cache_test.cpp's.

using namespace caisson;
using namespace caisson::testing;
using kind = failure_kind;

TEST_CASE("an answer is given again, without a word to the provider") {
  kept_world w;
  auto first = w.ask("x");
  auto second = w.ask("x");
  CHECK(first->body == "answer of m");
  CHECK(second->body == first->body);
  CHECK(second->from == "a");
  CHECK(second->attempts == 0);
  CHECK(w.provider().started == 1);
  CHECK(w.hits("l1") == 1);
  CHECK(w.it.count(families::cache_misses, {"l1", "llm"}) == 1);
  CHECK(w.ask("y")->answered());
  CHECK(w.provider().started == 2);
}

TEST_CASE("what nobody wants kept is not asked of anybody") {
  kept_world w;
  w.it.submit("m");
  w.it.submit("m");
  CHECK(w.provider().started == 2);
  CHECK(w.it.record("cache-0")->handled_ever() == 0);
}

TEST_CASE("C1: no answer outlives its time in the first layer") {
  cache_settings cache;
  cache.l1_ttl = millis{1'000};
  cache.ttl.llm = GENERATE(millis{500}, millis{5'000});
  kept_world w{cache};
  auto ends = std::min(cache.l1_ttl, cache.ttl.llm);
  w.ask("x");
  w.it.advance(ends - millis{10});
  w.ask("x");
  CHECK(w.provider().started == 1);
  w.it.advance(millis{10});
  w.ask("x");
  CHECK(w.provider().started == 2);
}

TEST_CASE("C2: equal requests at once are one call and as many answers") {
  kept_world w;
  w.provider().otherwise = answers(millis{100});
  std::vector<reply_ptr> all;
  for (int i = 0; i < 50; ++i)
    all.push_back(w.it.send("m", about("x")));
  w.it.advance(millis{150});
  for (auto& x : all)
    CHECK(x->body == "answer of m");
  CHECK(w.provider().started == 1);
  CHECK(w.it.count(families::cache_coalesced, {"llm"}) == 49);
}

TEST_CASE("C2: if it fails all hear the same, and nothing of it is kept") {
  kept_world w;
  w.provider().script = {fails(kind::server_error, millis{100})};
  auto first = w.ask("x");
  auto second = w.ask("x");
  w.it.advance(millis{150});
  CHECK(first->failed_with(errc::llm_error));
  CHECK(second->failed_with(errc::llm_error));
  CHECK(second->why.dependency == "a");
  CHECK(w.provider().started == 1);
  CHECK(w.ask("x")->answered());
}

TEST_CASE("who waits and leaves does not lead") {
  kept_world w;
  w.provider().script = {hangs()};
  auto first = w.ask("x", {.deadline = millis{500}});
  auto second = w.ask("x");
  auto third = w.ask("x");
  w.it.leave(second);
  w.it.advance(millis{550});
  CHECK(first->failed_with(errc::deadline_exceeded));
  CHECK(third->answered());
  CHECK(w.provider().started == 2);
}

TEST_CASE("when all have left nobody fetches") {
  kept_world w;
  w.provider().script = {hangs()};
  auto first = w.ask("x");
  auto second = w.ask("x");
  w.it.leave(second);
  w.it.leave(first);
  w.it.advance(millis{100});
  CHECK(w.provider().started == 1);
  CHECK(w.ask("x")->answered());
}

TEST_CASE("each who waits has its own deadline, and whose is over takes none "
          "of the others' time") {
  kept_world w;
  w.provider().script = {hangs()};
  auto hurried = w.ask("x", {.deadline = millis{500}});
  auto patient = w.ask("x", {.deadline = millis{5'000}});
  auto brief = w.ask("x", {.deadline = millis{200}});
  w.it.advance(millis{240});
  CHECK(brief->failed_with(errc::deadline_exceeded));
  w.it.advance(millis{310});
  CHECK(hurried->failed_with(errc::deadline_exceeded));
  CHECK(patient->answered());
  CHECK(w.provider().started == 2);
}

TEST_CASE("a front end that crashes while its request is fetched loses nobody: "
          "the call goes on, for all who ask") {
  kept_world w;
  w.provider().script = {hangs()};
  auto first = w.ask("x");
  w.it.kill(w.it.tree().front_end_of(0));
  auto second = w.ask("x");
  w.provider().talks[0]->finish("in spite of all");
  w.it.run();
  CHECK(first->body == "in spite of all");
  CHECK(second->body == "in spite of all");
  CHECK(w.provider().started == 1);
}

TEST_CASE("S4: a shard that crashes sends all who wait to fetch alone") {
  kept_world w;
  w.provider().otherwise = answers(millis{100});
  auto first = w.ask("x");
  auto second = w.ask("x");
  w.it.kill(w.it.tree().caches()->shard(0));
  w.it.advance(millis{300});
  CHECK(first->answered());
  CHECK(second->answered());
  CHECK(w.it.record("cache-0")->restarts == 1);
  w.ask("x");
  w.it.advance(millis{300});
  CHECK(w.ask("x")->answered());
  CHECK(w.hits("l1") == 1);
}

TEST_CASE("C4: what was on its way when its key was forgotten is not kept, "
          "and later askers do not get it") {
  kept_world w;
  w.provider().script = {answers(millis{100})};
  auto before = w.ask("x");
  w.forget("llm:me:");
  auto after = w.ask("x");
  CHECK(after->answered());
  CHECK(w.provider().started == 2);
  w.it.advance(millis{150});
  CHECK(before->answered());
  CHECK(w.refused("l1", "invalidated") == 1);
  // The later one's answer is there.
  CHECK(w.ask("x")->answered());
  CHECK(w.hits("l1") == 1);
}

TEST_CASE("what is forgotten is gone at once, and nothing else is") {
  kept_world w;
  w.ask("x");
  w.ask("y");
  w.forget("llm:me:x");
  CHECK(w.forgotten == std::vector{true});
  w.ask("y");
  CHECK(w.provider().started == 2);
  w.ask("x");
  CHECK(w.provider().started == 3);
}

TEST_CASE("C6: half an answer is for those who wait and for nobody later") {
  kept_world w;
  w.provider().script
    = {streams({"half", " an answer"}, deed::end::answer, millis{10})};
  auto first = w.ask("x", {.stream = true});
  auto second = w.ask("x", {.stream = true});
  w.it.advance(millis{100});
  CHECK(first->body == "half an answer");
  CHECK(second->body == "half an answer|0");
  CHECK(w.refused("l1", "unfit") == 1);
  w.ask("x");
  CHECK(w.provider().started == 2);
}

TEST_CASE("an answer that cannot be said again sends each who waits for its "
          "own") {
  kept_world w;
  w.provider().script = {streams({"unsayable"}, deed::end::answer, millis{10})};
  auto first = w.ask("x", {.stream = true});
  auto second = w.ask("x");
  w.it.advance(millis{100});
  CHECK(first->body == "unsayable");
  CHECK(second->body == "answer of m");
}

TEST_CASE("a stream that is cut fails all who wait and is not kept") {
  kept_world w;
  w.provider().script = {streams({"some"}, deed::end::fail, millis{10})};
  auto first = w.ask("x", {.stream = true});
  auto second = w.ask("x", {.stream = true});
  w.it.advance(millis{100});
  CHECK(first->how == reply::end::failed);
  CHECK(first->body == "some");
  CHECK(second->how == reply::end::failed);
  CHECK(second->body == "some");
  w.ask("x");
  CHECK(w.provider().started == 2);
}

TEST_CASE("who does not want to look fetches anew, and that is kept") {
  kept_world w;
  w.ask("x");
  asking anew;
  anew.cached = std::make_shared<plain_order>("x", false, true);
  w.it.submit("m", anew);
  CHECK(w.provider().started == 2);
  anew.cached = std::make_shared<plain_order>("y", true, false);
  w.it.submit("m", anew);
  w.it.submit("m", anew);
  CHECK(w.provider().started == 4);
}

TEST_CASE("an expired answer is told when it cannot be had anew, for so long "
          "and not for the client's own mistakes") {
  cache_settings cache;
  cache.l1_ttl = millis{1'000};
  cache.stale_if_error = millis{5'000};
  kept_world w{cache};
  w.ask("x");
  w.it.advance(millis{1'000});
  w.provider().otherwise = fails(kind::server_error, millis{10});
  auto first = w.ask("x");
  auto second = w.ask("x");
  w.it.advance(millis{50});
  CHECK(first->body == "answer of m");
  CHECK(second->body == "answer of m");
  CHECK(w.hits("stale") == 1);
  w.provider().otherwise = fails(kind::refused);
  CHECK(w.ask("x")->failed_with(errc::llm_refused));
  w.provider().otherwise = fails(kind::server_error);
  CHECK(w.ask("x")->answered());
  w.it.advance(millis{5'000});
  CHECK(w.ask("x")->failed_with(errc::llm_error));
}

TEST_CASE("what another target said in the first one's place is not kept for "
          "longer than the first layer's time") {
  cache_settings cache;
  cache.l1_ttl = millis{1'000};
  world it;
  it.cache = cache;
  it.start({kept_world::serving("a"), kept_world::serving("b")},
           {{"smart", {"a/big", "b/large"}}});
  it.outside("a").otherwise = fails(kind::server_error);
  it.submit("smart", about("x"));
  it.outside("a").otherwise = answers();
  CHECK(it.submit("smart", about("x"))->body == "answer of large");
  it.advance(millis{1'000});
  CHECK(it.submit("smart", about("x"))->body == "answer of big");
}

TEST_CASE("a reload changes its bounds, switches it off and on again") {
  kept_world w;
  auto apply = [&](auto change) {
    cache_settings cache;
    change(cache);
    w.it.tree().apply({kept_world::serving("a")}, {}, cache);
    w.it.run();
  };
  w.ask("x");
  w.ask("y");
  apply([](auto& x) { x.l1_entries = 1; });
  w.ask("y");
  CHECK(w.provider().started == 2);
  w.ask("x");
  CHECK(w.provider().started == 3);
  apply([](auto& x) { x.enabled = false; });
  w.ask("x");
  w.ask("x");
  CHECK(w.provider().started == 5);
  apply([](auto&) {});
  w.ask("x");
  w.ask("x");
  CHECK(w.provider().started == 6);
}
