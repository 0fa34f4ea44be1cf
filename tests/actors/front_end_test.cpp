#include "actors/front_end.hpp"

#include "actors/telemetry/families.hpp"
#include "tests/support/world.hpp"

using namespace caisson;
using namespace caisson::testing;
using kind = failure_kind;

namespace {

dependency_settings serving(std::string name) {
  auto result = dependency_named(std::move(name));
  result.retry.attempts = 1;
  result.timeout = millis{1'000};
  return result;
}

const std::vector<model_settings> chain{{"smart", {"a/big", "b/large"}}};

double fallbacks(world& it, std::string strategy) {
  return it.count(families::fallback_used, {"a", std::move(strategy)});
}

} // namespace

TEST_CASE("a call goes to its chain's first target that works") {
  world it{{serving("a"), serving("b")}, chain};
  auto told = it.submit("smart");
  CHECK(told->from == "a");
  CHECK(told->body == "answer of big");
  CHECK(it.outside("b").started == 0);
}

TEST_CASE("a failure moves the call on") {
  world it{{serving("a"), serving("b")}, chain};
  it.outside("a").otherwise = fails(GENERATE(
    kind::connect, kind::reset, kind::server_error, kind::tls, kind::decode));
  auto told = it.submit("smart");
  CHECK(told->body == "answer of large");
  CHECK(told->from == "b");
  CHECK(told->attempts == 2);
  CHECK(fallbacks(it, "failure") == 1);
}

TEST_CASE("a bad key of ours moves the call on") {
  world it{{serving("a"), serving("b")}, chain};
  it.outside("a").otherwise = fails(kind::credentials);
  CHECK(it.submit("smart")->from == "b");
}

TEST_CASE("an open breaker moves the call on without a word outside") {
  auto first = serving("a");
  first.breaker.failures = 1;
  world it{{first, serving("b")}, chain};
  it.outside("a").script = {fails(kind::server_error)};
  it.submit("smart");
  auto told = it.submit("smart");
  CHECK(told->from == "b");
  CHECK(told->attempts == 1);
  CHECK(it.outside("a").started == 1);
  CHECK(fallbacks(it, "breaker_open") == 1);
}

TEST_CASE("a full bulkhead moves the call on") {
  auto first = serving("a");
  first.bulkhead = {1, 0, millis{1'000}};
  world it{{first, serving("b")}, chain};
  it.outside("a").script = {hangs()};
  it.submit("smart");
  CHECK(it.submit("smart")->from == "b");
  CHECK(fallbacks(it, "bulkhead_full") == 1);
}

TEST_CASE("overload moves the call on at once, and so it does those that come "
          "while the pause lasts") {
  auto first = serving("a");
  first.retry.attempts = 3;
  world it{{first, serving("b")}, chain};
  it.outside("a").script
    = {pauses(GENERATE(kind::rate_limited, kind::overloaded), millis{500})};
  auto began = it.now();
  auto told = it.submit("smart");
  CHECK(told->from == "b");
  CHECK(told->when == began);
  CHECK(fallbacks(it, "overload") == 1);
  CHECK(it.submit("smart")->from == "b");
  CHECK(it.outside("a").started == 1);
  CHECK(it.place("a")->state() == breaker_state::closed);
}

TEST_CASE("silence moves the call on after one timeout") {
  auto first = serving("a");
  first.retry.attempts = 3;
  world it{{first, serving("b")}, chain};
  it.outside("a").otherwise = hangs();
  auto began = it.now();
  auto told = it.submit("smart");
  it.advance(millis{1'050});
  CHECK(told->from == "b");
  CHECK(told->when - began <= millis{1'040});
  CHECK(it.outside("a").started == 1);
  CHECK(fallbacks(it, "timeout") == 1);
}

TEST_CASE("a stream that dies before its first token moves on unseen") {
  world it{{serving("a"), serving("b")}, chain};
  it.outside("a").otherwise = fails(kind::eof);
  it.outside("b").otherwise = streams({"x", "y"});
  auto told = it.submit("smart", {.stream = true});
  CHECK(told->how == reply::end::ended);
  CHECK(told->begun == 1);
  CHECK(told->body == "xy");
}

TEST_CASE("what the client did wrong is told and never tried elsewhere") {
  world it{{serving("a"), serving("b")}, chain};
  it.outside("a").otherwise = fails(kind::refused);
  auto told = it.submit("smart");
  CHECK(told->failed_with(errc::llm_refused));
  CHECK(told->from == "a");
  CHECK(it.outside("b").started == 0);
}

TEST_CASE("when all targets fail the client hears of the last") {
  world it{{serving("a"), serving("b")}, chain};
  it.outside("a").otherwise = fails(kind::reset);
  it.outside("b").otherwise = fails(kind::decode);
  auto told = it.submit("smart");
  CHECK(told->how == reply::end::failed);
  CHECK(told->why.kind == kind::decode);
  CHECK(told->why.dependency == "b");
  CHECK(told->attempts == 2);
}

TEST_CASE("the deadline is one for the whole chain") {
  world it{{serving("a"), serving("b")}, chain};
  it.outside("a").otherwise = hangs();
  it.outside("b").otherwise = hangs();
  auto began = it.now();
  auto told = it.submit("smart", {.deadline = millis{1'500}});
  it.advance(millis{3'000});
  CHECK(told->failed_with(errc::deadline_exceeded));
  CHECK(told->when - began >= millis{1'500});
  CHECK(told->when - began <= millis{1'550});
  CHECK(it.outside("b").started == 1);
  CHECK(it.outside("b").cancelled == 1);
}

TEST_CASE("a call whose time is up at one target is not put to the next") {
  world it{{serving("a"), serving("b")}, chain};
  it.outside("a").otherwise = hangs();
  auto told = it.submit("smart", {.deadline = millis{500}});
  it.advance(millis{600});
  CHECK(told->failed_with(errc::deadline_exceeded));
  CHECK(told->from == "a");
  CHECK(it.outside("b").started == 0);
  CHECK(fallbacks(it, "failure") == 0);
}

TEST_CASE("a model that nobody serves is not found") {
  world it{{serving("a")}};
  auto told = it.submit("unheard-of");
  CHECK(told->failed_with(errc::llm_model_not_found));
  CHECK(told->why.param == "model");
  CHECK(it.submit("a/")->failed_with(errc::llm_model_not_found));
}

TEST_CASE("a client that leaves is forgotten and its call cancelled") {
  world it{{serving("a"), serving("b")}, chain};
  it.outside("a").script = {hangs()};
  auto told = it.submit("smart");
  it.leave(told);
  CHECK(it.outside("a").cancelled == 1);
  CHECK(it.outside("b").started == 0);
  it.leave(told); // twice is once
  CHECK(told->finals == 1);
}

TEST_CASE("S4: a worker's crash moves its calls on") {
  world it{{serving("a"), serving("b")}, chain};
  it.outside("a").script = {hangs(), crashes()};
  auto one = it.submit("smart");
  auto other = it.submit("smart");
  CHECK(one->from == "b");
  CHECK(one->answered());
  CHECK(other->answered());
}

TEST_CASE("R6: a call that may have had an effect is not put to another "
          "target") {
  world it{{serving("a"), serving("b")}, chain};
  SECTION("after a failure in the middle") {
    it.outside("a").otherwise = fails(kind::reset);
    auto told = it.submit("smart", {.idempotent = false});
    CHECK(it.outside("b").started == 0);
    CHECK(told->how == reply::end::failed);
  }
  SECTION("after a crash of its worker") {
    it.outside("a").otherwise = hangs();
    auto told = it.submit("smart", {.idempotent = false});
    it.kill(it.place("a")->worker(0));
    CHECK(it.outside("b").started == 0);
    CHECK(told->how == reply::end::failed);
  }
  SECTION("but it is when nothing of it was sent") {
    it.outside("a").otherwise = fails(kind::connect);
    CHECK(it.submit("smart", {.idempotent = false})->from == "b");
  }
}

TEST_CASE("a request that failed on our side is a line in the log, of which "
          "there are at most fifty a second") {
  world it{{serving("a")}};
  it.outside("a").otherwise = fails(kind::refused);
  it.submit("m");
  CHECK_FALSE(it.log.has("request failed"));
  auto lines = [&] {
    return std::count_if(it.log.lines.begin(), it.log.lines.end(), [](auto& x) {
      return x.find("request failed at a") != std::string::npos;
    });
  };
  it.outside("a").otherwise = fails(kind::server_error);
  for (int i = 0; i < 60; ++i)
    it.submit("m");
  CHECK(lines() == 50);
  it.advance(millis{1'000});
  it.submit("m");
  CHECK(lines() == 51);
  CHECK(it.log.has("10 more requests failed in a second"));
}

namespace {

/// A target that has no such thing as was asked for.
deed passes() {
  auto result = fails(kind::none);
  result.why = make_fault(errc::llm_refused, "there is no such thing here");
  return result;
}

} // namespace

TEST_CASE("a target that has no such thing is passed over, and what another "
          "said is told") {
  world it{{serving("a"), serving("b")}, chain};
  SECTION("when the other answers") {
    it.outside("a").otherwise = passes();
    CHECK(it.submit("smart")->from == "b");
    CHECK(fallbacks(it, "passed_over") == 1);
  }
  SECTION("when the one before it failed") {
    it.outside("a").otherwise = fails(kind::reset);
    it.outside("b").otherwise = passes();
    auto told = it.submit("smart");
    CHECK(told->why.kind == kind::reset);
    CHECK(told->why.dependency == "a");
  }
  SECTION("when the one after it fails") {
    it.outside("a").otherwise = passes();
    it.outside("b").otherwise = fails(kind::reset);
    CHECK(it.submit("smart")->why.kind == kind::reset);
  }
  SECTION("but when all are such, the client hears it") {
    it.outside("a").otherwise = passes();
    it.outside("b").otherwise = passes();
    CHECK(it.submit("smart")->failed_with(errc::llm_refused));
  }
}

TEST_CASE("a call that names its way goes there, whatever its model") {
  world it{{serving("a"), serving("b")}, chain};
  asking how;
  how.addressed = std::make_shared<const model_route>(
    model_route{{{it.place("b"), "own"}}, std::nullopt, false});
  auto told = it.submit("nobody's", how);
  CHECK(told->from == "b");
  CHECK(told->body == "answer of own");
  CHECK(it.outside("a").started == 0);
}

TEST_CASE("a way of one target ends there") {
  world it{{serving("a"), serving("b")}, chain};
  it.outside("b").otherwise = fails(kind::reset);
  asking how;
  how.addressed = std::make_shared<const model_route>(
    model_route{{{it.place("b"), "own"}}, std::nullopt, false});
  CHECK(it.submit("smart", how)->failed_with(errc::llm_error));
  CHECK(it.outside("a").started == 0);
}

namespace {

asking without(feature which) {
  asking out;
  out.features.take_away(which);
  return out;
}

} // namespace

TEST_CASE("without resilience the first answer of the first target is the "
          "answer, and it is held against that one as ever") {
  auto first = serving("a");
  first.retry.attempts = 3;
  first.breaker.failures = 2;
  world it{{first, serving("b")}, chain};
  it.outside("a").otherwise
    = fails(GENERATE(kind::connect, kind::server_error, kind::overloaded));
  auto told = it.submit("smart", without(feature::resilience));
  it.advance(millis{60'000});
  CHECK(told->how == reply::end::failed);
  CHECK(it.outside("a").started == 1);
  CHECK(it.outside("b").started == 0);
  it.submit("smart", without(feature::resilience));
  CHECK(it.place("a")->state() == breaker_state::open);
  auto refused = it.submit("smart", without(feature::resilience));
  CHECK(refused->failed_with(errc::circuit_breaker_open));
  CHECK(it.outside("b").started == 0);
}
