#include "actors/front_end.hpp"

#include "actors/telemetry/families.hpp"
#include "tests/support/world.hpp"

using namespace caisson;
using namespace caisson::testing;

namespace {

dependency_settings serving(std::string name) {
  auto result = dependency_named(std::move(name));
  result.retry.attempts = 1;
  result.timeout = millis{10'000};
  return result;
}

std::vector<model_settings> hedged(std::optional<millis> after = millis{100}) {
  model_settings model{"smart", {"a/big", "b/large"}};
  model.hedge = hedge_rule{after};
  return {model};
}

double hedges(world& it, std::string how) {
  return it.count(families::hedges, {"b", std::move(how)});
}

} // namespace

TEST_CASE("a first target that has sent nothing in time gets company, and the "
          "first answer wins") {
  world it{{serving("a"), serving("b")}, hedged()};
  it.outside("a").otherwise = hangs();
  auto told = it.submit("smart");
  CHECK(it.outside("b").started == 0);
  it.advance(millis{130});
  CHECK(told->body == "answer of large");
  CHECK(told->from == "b");
  CHECK(hedges(it, "started") == 1);
  CHECK(hedges(it, "won") == 1);
  // The other is cancelled: neither a success nor a failure.
  CHECK(it.outside("a").cancelled == 1);
  CHECK(it.place("a")->bulkhead().in_flight() == 0);
  CHECK(it.place("a")->retained().consecutive_failures == 0);
}

TEST_CASE("a first target that wins its race has the second cancelled") {
  world it{{serving("a"), serving("b")}, hedged()};
  it.outside("a").otherwise = answers(millis{300});
  it.outside("b").otherwise = hangs();
  auto told = it.submit("smart");
  it.advance(millis{400});
  CHECK(told->from == "a");
  CHECK(hedges(it, "lost") == 1);
  CHECK(it.outside("b").cancelled == 1);
}

TEST_CASE("a target that answers in time gets no company") {
  world it{{serving("a"), serving("b")}, hedged()};
  it.outside("a").otherwise = answers(millis{50});
  auto told = it.submit("smart");
  it.advance(millis{500});
  CHECK(told->from == "a");
  CHECK(it.outside("b").started == 0);
}

TEST_CASE("a stream's race is won by its first token") {
  world it{{serving("a"), serving("b")}, hedged()};
  it.outside("a").otherwise
    = streams({"1", "2"}, deed::end::answer, millis{200});
  it.outside("b").otherwise
    = streams({"x", "y"}, deed::end::answer, millis{30});
  auto told = it.submit("smart", {millis{100'000}, true});
  it.advance(millis{1'000});
  CHECK(told->body == "xy");
  CHECK(told->begun == 1);
  CHECK(it.outside("a").cancelled == 1);
}

TEST_CASE("a stream that is not kept is hedged until its first token as well, "
          "and not after it") {
  auto models = hedged();
  models[0].stream_failover = false;
  world it{{serving("a"), serving("b")}, models};
  it.outside("a").script
    = {streams({"1", "2"}, deed::end::answer, millis{200}),
       streams({"3", "4", "5"}, deed::end::answer, millis{80})};
  it.outside("b").otherwise
    = streams({"x", "y"}, deed::end::answer, millis{30});
  auto told = it.submit("smart", {millis{100'000}, true});
  it.advance(millis{1'000});
  CHECK(told->body == "xy");
  CHECK(it.outside("a").cancelled == 1);
  auto other = it.submit("smart", {millis{100'000}, true});
  it.advance(millis{1'000});
  CHECK(other->body == "345");
  CHECK(it.outside("b").started == 1);
}

TEST_CASE("the attempts before a second was asked are told with its answer") {
  auto second = serving("a");
  second.retry.attempts = 2;
  second.retry.base = millis{10};
  auto models = hedged();
  models[0].chain = {"c/small", "a/big", "b/large"};
  world it{{serving("c"), second, serving("b")}, models};
  it.outside("c").otherwise = fails(failure_kind::server_error);
  it.outside("a").script = {fails(failure_kind::server_error), hangs()};
  auto told = it.submit("smart");
  it.advance(millis{200});
  CHECK(told->from == "b");
  CHECK(told->attempts == 4);
  CHECK(it.outside("a").cancelled == 1);
}

TEST_CASE("when one of two fails, the other still answers") {
  world it{{serving("a"), serving("b")}, hedged()};
  SECTION("the first") {
    it.outside("a").otherwise = fails(failure_kind::server_error, millis{200});
    it.outside("b").otherwise = answers(millis{400});
    auto told = it.submit("smart");
    it.advance(millis{1'000});
    CHECK(told->from == "b");
    CHECK(it.outside("b").started == 1);
  }
  SECTION("the second") {
    it.outside("a").otherwise = answers(millis{400});
    it.outside("b").otherwise = fails(failure_kind::server_error);
    auto told = it.submit("smart");
    it.advance(millis{1'000});
    CHECK(told->from == "a");
    CHECK(it.outside("a").started == 1);
  }
}

TEST_CASE("when both fail, the client hears it once") {
  world it{{serving("a"), serving("b")}, hedged()};
  it.outside("a").otherwise = fails(failure_kind::server_error, millis{300});
  it.outside("b").otherwise = fails(failure_kind::server_error);
  auto told = it.submit("smart");
  it.advance(millis{1'000});
  CHECK(told->failed_with(errc::llm_error));
  CHECK(told->attempts == 2);
}

TEST_CASE("each is hedged in its own time, whichever was asked first") {
  auto models = hedged(millis{300});
  models.push_back({"keen", {"a/big", "b/large"}});
  models[1].hedge = hedge_rule{millis{60}};
  world it{{serving("a"), serving("b")}, models};
  it.outside("a").otherwise = hangs();
  auto first = it.submit("smart");
  auto second = it.submit("keen");
  it.advance(millis{80});
  CHECK(second->answered());
  CHECK(it.outside("b").started == 1);
  auto third = it.submit("smart");
  it.advance(millis{250});
  CHECK(first->answered());
  CHECK(it.outside("b").started == 2);
  it.advance(millis{60});
  CHECK(third->answered());
}

TEST_CASE("hedges stay within a tenth of the calls, and three a second") {
  auto first = serving("a");
  first.bulkhead.concurrency = 1'000;
  auto second = serving("b");
  second.bulkhead.concurrency = 1'000;
  world it{{first, second}, hedged()};
  it.outside("a").otherwise = hangs();
  std::vector<reply_ptr> all;
  for (int i = 0; i < 100; ++i)
    all.push_back(it.send("smart", {millis{5'000}}));
  it.advance(millis{500});
  CHECK(it.outside("b").started == 10);
  CHECK(hedges(it, "over_budget") == 90);
  it.advance(millis{5'000});
}

TEST_CASE("a hedge never waits in a queue") {
  auto second = serving("b");
  second.bulkhead.concurrency = 1;
  world it{{serving("a"), second}, hedged()};
  it.outside("a").otherwise = answers(millis{500});
  it.outside("b").otherwise = hangs();
  auto other = it.submit("b/large", {millis{1'000}});
  auto told = it.submit("smart");
  it.advance(millis{2'000});
  CHECK(told->from == "a");
  CHECK(it.outside("b").started == 1);
  CHECK(it.place("b")->bulkhead().waiting() == 0);
}

TEST_CASE("a call that may have an effect is not hedged") {
  world it{{serving("a"), serving("b")}, hedged()};
  it.outside("a").otherwise = answers(millis{500});
  auto told = it.submit("smart", {millis{100'000}, false, false});
  it.advance(millis{1'000});
  CHECK(told->from == "a");
  CHECK(it.outside("b").started == 0);
}

TEST_CASE("what is usual for a target decides when it gets company") {
  world it{{serving("a"), serving("b")}, hedged(std::nullopt)};
  it.outside("a").otherwise = answers(millis{40});
  for (int i = 0; i < 30; ++i) {
    it.submit("smart");
    it.advance(millis{50});
  }
  CHECK(it.outside("b").started == 0);
  it.outside("a").otherwise = hangs();
  auto told = it.submit("smart");
  it.advance(millis{100});
  CHECK(told->from == "b");
}

TEST_CASE("a caller without hedging waits for the first target, and fails over "
          "as ever") {
  world it{{serving("a"), serving("b")}, hedged()};
  it.outside("a").script = {answers(millis{300}), fails(failure_kind::reset)};
  asking alone;
  alone.features.take_away(feature::hedging);
  auto told = it.submit("smart", alone);
  it.advance(millis{400});
  CHECK(told->from == "a");
  CHECK(it.outside("b").started == 0);
  CHECK(hedges(it, "started") == 0);
  CHECK(it.submit("smart", alone)->from == "b");
}
