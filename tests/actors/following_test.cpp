#include "actors/following.hpp"

#include "actors/telemetry/families.hpp"
#include "tests/actors/cache/kept_world.hpp"

// Clients that hear an equal request's stream while it comes (following.hpp,
// cache/listening.cpp, cache/tape.hpp), and requests that go on for others.

using namespace caisson;
using namespace caisson::testing;

namespace {

const asking streaming{.stream = true};

/// Three words, 100 ms apart.
deed slowly(deed::end how = deed::end::answer) {
  return streams({"1", "2", "3"}, how, millis{100});
}

} // namespace

TEST_CASE("an equal request's stream is heard as it comes") {
  kept_world w;
  w.provider().script = {slowly()};
  auto first = w.ask("x", streaming);
  auto second = w.ask("x", streaming);
  w.it.advance(millis{210});
  CHECK(first->body == "1");
  CHECK(second->body == "1");
  CHECK(second->from == "a");
  auto third = w.ask("x", streaming);
  CHECK(third->body == "1");
  auto whole = w.ask("x");
  w.it.advance(millis{500});
  CHECK(first->body == "123");
  for (auto& x : {second, third}) {
    CHECK(x->how == reply::end::ended);
    CHECK(x->body == "123|0");
    CHECK(x->begun == 1);
  }
  CHECK(whole->body == "123");
  CHECK(w.provider().started == 1);
  CHECK(w.it.count(families::cache_coalesced, {"llm"}) == 3);
}

TEST_CASE("who leaves is fetched for still, where others wait") {
  kept_world w;
  w.provider().script = {slowly()};
  auto first = w.ask("x", streaming);
  auto second = w.ask("x", streaming);
  auto whole = w.ask("x");
  w.it.advance(millis{210});
  w.it.leave(first);
  w.it.advance(millis{500});
  CHECK(second->body == "123|0");
  CHECK(whole->body == "123");
  CHECK(w.provider().started == 1);
  CHECK(w.provider().cancelled == 0);
  CHECK(w.ask("x")->cache == "l1");
}

TEST_CASE("when those have left as well nobody fetches any more") {
  kept_world w;
  w.provider().script = {hangs()};
  auto first = w.ask("x", streaming);
  auto second = w.ask("x", streaming);
  w.it.leave(first);
  CHECK(w.provider().cancelled == 0);
  w.it.leave(second);
  w.it.advance(millis{50});
  CHECK(w.provider().cancelled == 1);
  CHECK(w.provider().running == 0);
}

TEST_CASE("who fetches for others alone ends with its own deadline, and they "
          "go on") {
  kept_world w;
  w.provider().script = {hangs()};
  auto first = w.ask("x", {.deadline = millis{500}});
  auto second = w.ask("x");
  w.it.leave(first);
  w.it.advance(millis{600});
  CHECK(second->answered());
  CHECK(w.provider().started == 2);
}

TEST_CASE("a stream that fails in its middle fails for all who hear it") {
  kept_world w;
  auto deed = slowly(deed::end::fail);
  deed.why = make_fault(errc::llm_error, failure_kind::reset, "it broke");
  w.provider().script = {deed};
  auto first = w.ask("x", streaming);
  auto second = w.ask("x", streaming);
  w.it.advance(millis{500});
  for (auto& x : {first, second}) {
    CHECK(x->body == "123");
    CHECK(x->failed_with(errc::llm_error));
  }
  CHECK(w.provider().started == 1);
}

TEST_CASE("whoever heard a part goes on from there when the rest is lost") {
  kept_world w;
  w.provider().script = {slowly(), streams({"4", "5"})};
  auto first = w.ask("x", streaming);
  auto second = w.ask("x", streaming);
  w.it.advance(millis{310});
  CHECK(second->body == "12");
  w.it.kill(w.it.tree().caches()->shard(0));
  w.it.run();
  REQUIRE(w.provider().talks.size() == 2);
  CHECK(w.provider().talks[1]->so_far == "12");
  CHECK(second->body == "1245");
  CHECK(second->how == reply::end::ended);
  CHECK(second->begun == 1);
  w.it.advance(millis{500});
  CHECK(first->body == "123");
}

TEST_CASE("where streams do not go on elsewhere it ends, and not as if it were "
          "complete") {
  model_settings route;
  route.name = "m";
  route.chain = {"a/m"};
  route.stream_failover = false;
  kept_world w;
  w.it.apply({kept_world::serving("a")}, {route});
  w.provider().script = {slowly()};
  auto first = w.ask("x", streaming);
  auto second = w.ask("x", streaming);
  w.it.advance(millis{210});
  w.it.kill(w.it.tree().caches()->shard(0));
  w.it.run();
  CHECK(second->body == "1");
  CHECK(second->failed_with(errc::unexpected));
  CHECK(w.provider().started == 1);
  w.it.advance(millis{500});
  CHECK(first->body == "123");
}

TEST_CASE("whose time is over in the middle of another's stream is told so") {
  kept_world w;
  w.provider().script = {slowly()};
  auto first = w.ask("x", streaming);
  auto second = w.ask("x", {.deadline = millis{250}, .stream = true});
  w.it.advance(millis{500});
  CHECK(second->body == "1");
  CHECK(second->failed_with(errc::deadline_exceeded));
  CHECK(first->body == "123");
}
