#include "actors/dependency/dependency.hpp"

#include "actors/telemetry/families.hpp"
#include "tests/support/world.hpp"

using namespace caisson;
using namespace caisson::testing;
using kind = failure_kind;
using enum breaker_state;

namespace {

/// One try a call, so that calls are attempts; opens for ten seconds.
dependency_settings single(std::uint32_t failures = 3) {
  auto result = dependency_named("a");
  result.retry.attempts = 1;
  result.breaker.failures = failures;
  result.breaker.open_for = millis{10'000};
  return result;
}

void fail_times(world& it, int times) {
  for (int i = 0; i < times; ++i) {
    it.outside("a").script.push_back(fails(kind::server_error));
    it.submit("m");
  }
}

std::vector<reply_ptr> send_many(world& it, int times) {
  std::vector<reply_ptr> result;
  for (int i = 0; i < times; ++i)
    result.push_back(it.send("m"));
  it.run();
  return result;
}

std::size_t refused(const std::vector<reply_ptr>& all, errc code) {
  return static_cast<std::size_t>(std::count_if(
    all.begin(), all.end(), [&](auto& x) { return x->failed_with(code); }));
}

} // namespace

TEST_CASE("B2: a dependency's breaker opens on exactly `failures` failures in "
          "a row") {
  world it{{single(4)}};
  fail_times(it, 3);
  it.submit("m"); // a success begins the count again
  fail_times(it, 3);
  CHECK(it.place("a")->state() == closed);
  fail_times(it, 1);
  CHECK(it.place("a")->state() == open);
  CHECK(it.count(families::breaker_transitions, {"a", "closed", "open"}) == 1);
  CHECK(it.log.has("breaker of a went from closed to open"));
}

TEST_CASE("an open breaker refuses at once and touches nothing outside") {
  world it{{single()}};
  fail_times(it, 3);
  auto began = it.now();
  auto told = it.submit("m");
  CHECK(told->failed_with(errc::circuit_breaker_open));
  CHECK(told->when == began);
  CHECK(told->why.dependency == "a");
  CHECK(told->why.retry_after == millis{10'000});
  CHECK(told->attempts == 0);
  CHECK(it.outside("a").started == 3);
  CHECK(it.count(families::breaker_refusals, {"a"}) == 1);
}

TEST_CASE("B7: calls that the dependency refuses never open its breaker") {
  world it{{single()}};
  it.outside("a").otherwise = fails(GENERATE(kind::refused, kind::credentials));
  for (int i = 0; i < 20; ++i)
    it.submit("m");
  CHECK(it.place("a")->state() == closed);
  CHECK(it.outside("a").started == 20);
}

TEST_CASE("B1: half-open, of many calls at once exactly N reach the "
          "dependency") {
  auto probes = GENERATE(1u, 3u);
  auto settings = single();
  settings.breaker.half_open_probes = probes;
  world it{{settings}};
  fail_times(it, 3);
  it.advance(millis{10'000});
  it.outside("a").otherwise = hangs();
  auto all = send_many(it, 20);
  CHECK(it.outside("a").running == probes);
  CHECK(it.place("a")->state() == half_open);
  CHECK(refused(all, errc::circuit_breaker_open) == 20 - probes);
  SECTION("a success closes it") {
    it.outside("a").talks.back()->finish("well");
    it.run();
    CHECK(it.place("a")->state() == closed);
    it.outside("a").otherwise = answers();
    CHECK(it.submit("m")->answered());
  }
  SECTION("a failure opens it for a new full wait") {
    it.outside("a").talks.back()->fail(kind::server_error);
    it.run();
    CHECK(it.place("a")->state() == open);
    it.advance(millis{9'990});
    CHECK(it.submit("m")->failed_with(errc::circuit_breaker_open));
    it.advance(millis{20});
    it.outside("a").otherwise = answers();
    CHECK(it.submit("m")->answered());
    CHECK(it.place("a")->state() == closed);
  }
}

TEST_CASE("B3: a breaker recovers where nobody may wait too") {
  auto settings = single();
  settings.bulkhead.queue = 0;
  world it{{settings}};
  fail_times(it, 3);
  it.advance(millis{10'000});
  CHECK(it.submit("m")->answered());
  CHECK(it.place("a")->state() == closed);
}

TEST_CASE("B5: a probe lost with its worker gives its place back") {
  world it{{single()}};
  fail_times(it, 3);
  it.advance(millis{10'000});
  it.outside("a").script = {hangs()};
  auto probe = it.submit("m");
  REQUIRE(it.place("a")->state() == half_open);
  CHECK(it.submit("m")->failed_with(errc::circuit_breaker_open));
  it.kill(it.place("a")->worker(0));
  CHECK(it.submit("m")->answered());
  CHECK(it.place("a")->state() == closed);
  it.advance(millis{100});
  CHECK(probe->answered());
}

TEST_CASE("B5: a probe whose client leaves gives its place back") {
  world it{{single()}};
  fail_times(it, 3);
  it.advance(millis{10'000});
  it.outside("a").script = {hangs()};
  it.leave(it.submit("m"));
  CHECK(it.place("a")->state() == half_open);
  CHECK(it.submit("m")->answered());
  CHECK(it.place("a")->state() == closed);
}

TEST_CASE("a supervisor that crashes answers its calls and takes up its "
          "breaker where it was") {
  world it{{single()}};
  SECTION("in a streak") {
    fail_times(it, 2);
    it.outside("a").script = {hangs()};
    auto told = it.submit("m");
    auto before = it.place("a")->supervisor();
    it.kill(before);
    CHECK(it.place("a")->supervisor() != before);
    CHECK(it.place("a")->bulkhead().in_flight() == 0);
    fail_times(it, 1);
    CHECK(it.place("a")->state() == open);
    it.advance(millis{100});
    CHECK(told->failed_with(errc::circuit_breaker_open));
  }
  SECTION("open: the wait goes on") {
    fail_times(it, 3);
    it.advance(millis{5'000});
    it.kill(it.place("a")->supervisor());
    CHECK(it.submit("m")->failed_with(errc::circuit_breaker_open));
    it.advance(millis{5'000});
    CHECK(it.submit("m")->answered());
    CHECK(it.place("a")->state() == closed);
  }
  SECTION("half-open: the lost probe's place is free") {
    fail_times(it, 3);
    it.advance(millis{10'000});
    it.outside("a").script = {hangs()};
    it.submit("m");
    it.kill(it.place("a")->supervisor());
    CHECK(it.submit("m")->answered());
  }
  CHECK(it.record("a")->restarts == 1);
}

TEST_CASE("S4: a supervisor that crashes with a full queue answers each") {
  auto settings = single();
  settings.bulkhead.concurrency = 1;
  world it{{settings}};
  it.outside("a").script = {hangs()};
  auto all = send_many(it, 5);
  CHECK(it.place("a")->bulkhead().waiting() == 4);
  it.kill(it.place("a")->supervisor());
  CHECK(it.place("a")->bulkhead().waiting() == 0);
  CHECK(it.submit("m")->answered());
  it.advance(millis{100});
  for (auto& x : all)
    CHECK(x->answered());
}

TEST_CASE("the operator may hold a breaker open, switch it off, or only "
          "look") {
  world it{{single()}};
  auto set = [&](breaker_mode mode) {
    it.place("a")->set_mode(mode);
    it.run();
  };
  SECTION("forced open") {
    set(breaker_mode::forced_open);
    CHECK(it.submit("m")->failed_with(errc::circuit_breaker_open));
    it.advance(millis{100'000});
    CHECK(it.submit("m")->failed_with(errc::circuit_breaker_open));
    CHECK(it.outside("a").started == 0);
    set(breaker_mode::automatic);
    CHECK(it.submit("m")->answered());
  }
  SECTION("disabled") {
    set(breaker_mode::disabled);
    fail_times(it, 20);
    CHECK(it.outside("a").started == 20);
    CHECK(it.place("a")->state() == closed);
  }
  SECTION("metrics only") {
    set(breaker_mode::metrics_only);
    fail_times(it, 20);
    CHECK(it.outside("a").started == 20);
    CHECK(it.place("a")->state() == open);
    CHECK(it.submit("m")->answered());
    it.advance(millis{10'000});
    it.submit("m");
    CHECK(it.place("a")->state() == closed);
  }
  SECTION("and it outlasts a restart and a reload that does not speak of it") {
    set(breaker_mode::forced_open);
    it.kill(it.place("a")->supervisor());
    CHECK(it.submit("m")->failed_with(errc::circuit_breaker_open));
    auto settings = single();
    settings.breaker.failures = 9;
    it.apply({settings});
    CHECK(it.submit("m")->failed_with(errc::circuit_breaker_open));
    settings.breaker.mode = breaker_mode::disabled;
    it.apply({settings});
    CHECK(it.submit("m")->answered());
  }
}

TEST_CASE("who sets a mode is told when it holds") {
  world it{{single()}};
  std::vector<breaker_mode> told;
  it.place("a")->set_mode(breaker_mode::forced_open,
                          [&] { told.push_back(it.place("a")->mode()); });
  it.run();
  CHECK(told == std::vector<breaker_mode>{breaker_mode::forced_open});
  CHECK(it.log.has("breaker of a was set to forced_open"));
}

TEST_CASE("a mode holds, though the supervisor died before it heard of it") {
  auto settings = single();
  world it{{settings}};
  auto die = [&] {
    caf::anon_send_exit(it.place("a")->supervisor(), caf::exit_reason::kill);
  };
  die();
  SECTION("the operator's") {
    it.place("a")->set_mode(breaker_mode::forced_open);
  }
  SECTION("a reload's") {
    settings.breaker.mode = breaker_mode::forced_open;
    it.tree().apply({settings}, {});
  }
  it.run();
  CHECK(it.record("a")->restarts == 1);
  CHECK(it.submit("m")->failed_with(errc::circuit_breaker_open));
}

TEST_CASE("Q1, Q2: `concurrency` calls run, `queue` wait, the rest is refused "
          "at once") {
  auto settings = single();
  settings.bulkhead = {3, 4, millis{60'000}};
  world it{{settings}};
  it.outside("a").otherwise = answers(millis{100});
  auto began = it.now();
  auto all = send_many(it, 10);
  CHECK(it.outside("a").running == 3);
  CHECK(it.place("a")->bulkhead().in_flight() == 3);
  CHECK(it.place("a")->bulkhead().waiting() == 4);
  CHECK(refused(all, errc::bulkhead_rejected) == 3);
  CHECK(all.back()->when == began);
  CHECK(all.back()->why.retry_after);
  CHECK(it.count(families::bulkhead_rejections, {"a", "queue_full"}) == 3);
  it.advance(millis{400});
  CHECK(
    std::count_if(all.begin(), all.end(), [](auto& x) { return x->answered(); })
    == 7);
  CHECK(it.outside("a").most_running == 3);
}

TEST_CASE("Q4: a call waits no longer than the queue timeout, and is not made "
          "after") {
  auto settings = single();
  settings.bulkhead = {1, 10, millis{500}};
  world it{{settings}};
  it.outside("a").script = {answers(millis{2'000})};
  auto first = it.submit("m");
  auto began = it.now();
  auto second = it.submit("m");
  it.advance(millis{3'000});
  CHECK(first->answered());
  CHECK(second->failed_with(errc::bulkhead_rejected));
  CHECK(second->when - began >= millis{500});
  CHECK(second->when - began <= millis{540});
  CHECK(it.outside("a").started == 1);
  CHECK(it.count(families::bulkhead_rejections, {"a", "queue_timeout"}) == 1);
}

TEST_CASE("Q6: a place that becomes free goes to the one that has waited "
          "longest") {
  auto settings = single();
  settings.bulkhead = {1, 10, millis{60'000}};
  world it{{settings}};
  it.outside("a").otherwise = hangs();
  auto all = send_many(it, 3);
  for (std::size_t i = 0; i < 3; ++i) {
    REQUIRE(it.outside("a").talks.size() == i + 1);
    it.outside("a").talks[i]->finish("x");
    it.run();
    CHECK(all[i]->answered());
  }
}

TEST_CASE("calls that wait are refused when the breaker opens") {
  auto settings = single(1);
  settings.bulkhead = {1, 10, millis{60'000}};
  world it{{settings}};
  it.outside("a").script = {fails(kind::server_error, millis{100})};
  auto all = send_many(it, 6);
  it.advance(millis{100});
  CHECK(it.place("a")->state() == open);
  CHECK(refused(all, errc::circuit_breaker_open) == 5);
  CHECK(it.outside("a").started == 1);
}

TEST_CASE("calls that wait for a pause to end are refused when the breaker "
          "opens") {
  auto settings = single(1);
  settings.bulkhead = {1, 10, millis{60'000}};
  world it{{settings}};
  it.outside("a").script = {pauses(kind::rate_limited, millis{500})};
  auto began = it.now();
  auto all = send_many(it, 4);
  CHECK(refused(all, errc::circuit_breaker_open) == 3);
  CHECK(all.back()->when == began);
}

TEST_CASE("B5: a probe that finds no place keeps its turn until there is one") {
  auto settings = single();
  settings.bulkhead = {2, 10, millis{60'000}};
  world it{{settings}};
  it.outside("a").script = {hangs()};
  it.submit("m");
  fail_times(it, 3);
  settings.bulkhead.concurrency = 1;
  it.apply({settings});
  it.advance(millis{10'000});
  auto probe = it.submit("m");
  CHECK(it.place("a")->state() == half_open);
  CHECK(probe->how == reply::end::none);
  it.outside("a").talks[0]->finish("at last");
  it.run();
  CHECK(probe->answered());
  CHECK(it.place("a")->state() == closed);
}

TEST_CASE("R3: Retry-After holds back the whole dependency, for those who may "
          "wait so long") {
  auto settings = single(5);
  settings.bulkhead.queue_timeout = millis{5'000};
  world it{{settings}};
  it.outside("a").script = {pauses(kind::rate_limited, millis{2'000})};
  it.submit("m", {.idempotent = false}); // is not tried again
  auto began = it.now();
  auto patient = it.submit("m");
  auto hurried = it.submit("m", {.deadline = millis{1'000}});
  CHECK(hurried->failed_with(errc::llm_rate_limited));
  CHECK(hurried->why.retry_after == millis{2'000});
  it.advance(millis{1'990});
  CHECK(it.outside("a").started == 1);
  it.advance(millis{50});
  CHECK(patient->answered());
  CHECK(patient->when - began >= millis{2'000});
  CHECK(it.place("a")->state() == closed);
}

TEST_CASE("R5: with everything failing the retry budget bounds the load") {
  auto settings = dependency_named("a");
  settings.breaker.mode = breaker_mode::disabled;
  settings.retry.attempts = 3;
  settings.retry.base = millis{10};
  settings.bulkhead.concurrency = 1'000;
  world it{{settings}};
  it.outside("a").otherwise = fails(kind::server_error);
  for (int i = 0; i < 60; ++i)
    it.send("m");
  it.advance(millis{1'000});
  CHECK(it.outside("a").started == 60 + 12); // a fifth
  CHECK(it.count(families::retry_budget_exhausted, {"a"}) > 0);
}

TEST_CASE("a retry that the breaker is sure to refuse is not waited for") {
  auto settings = single(1);
  settings.retry.attempts = 3;
  world it{{settings}};
  it.outside("a").script = {fails(kind::server_error)};
  auto told = it.submit("m");
  CHECK(told->failed_with(errc::llm_error));
  CHECK(told->attempts == 1);
}

TEST_CASE("new settings hold at once, and those who wait profit") {
  auto settings = single();
  settings.bulkhead = {1, 10, millis{60'000}};
  world it{{settings}};
  it.outside("a").otherwise = hangs();
  send_many(it, 4);
  CHECK(it.outside("a").running == 1);
  settings.bulkhead.concurrency = 3;
  settings.breaker.failures = 1;
  it.apply({settings});
  CHECK(it.outside("a").running == 3);
  settings.bulkhead.concurrency = 1;
  it.apply({settings});
  CHECK(it.outside("a").running == 3);
  it.outside("a").talks[0]->finish("x");
  it.run();
  CHECK(it.outside("a").running == 2);
  it.outside("a").talks[1]->fail(kind::server_error);
  it.run();
  CHECK(it.place("a")->state() == open);
}

TEST_CASE("a retry that the breaker refuses is not paid for from the budget",
          "[queue]") {
  auto settings = single(100);
  settings.retry.attempts = 2;
  settings.bulkhead.concurrency = 50;
  world it{{settings}};
  auto set = [&](breaker_mode mode) {
    it.place("a")->set_mode(mode);
    it.run();
  };
  it.outside("a").otherwise = hangs();
  send_many(it, 40);
  set(breaker_mode::forced_open);
  for (auto& x : it.outside("a").talks)
    x->fail(kind::server_error);
  it.run();
  set(breaker_mode::automatic);
  it.outside("a").otherwise = answers();
  it.outside("a").script = {fails(kind::server_error)};
  auto told = it.submit("m");
  it.advance(millis{1'050});
  CHECK(told->answered());
}

TEST_CASE("a client that leaves gives its place in the queue back at once",
          "[queue]") {
  auto settings = single();
  settings.bulkhead = {1, 1, millis{60'000}};
  world it{{settings}};
  it.outside("a").script = {hangs()};
  it.submit("m");
  it.leave(it.submit("m"));
  CHECK(it.place("a")->bulkhead().waiting() == 0);
}
