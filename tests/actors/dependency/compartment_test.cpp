#include "actors/dependency/compartment.hpp"

#include "actors/telemetry/families.hpp"
#include "tests/support/world.hpp"

using namespace caisson;
using namespace caisson::testing;

namespace {

time_point at(std::int64_t milliseconds) {
  return time_point{} + millis{milliseconds};
}

/// A compartment whose supervisor only listens.
struct fixture {
  world it;
  metrics::registry metrics;
  dependency_settings settings = dependency_named("a");
  compartment_ptr place;
  int freed = 0;
  std::vector<attempt_outcome> outcomes;

  explicit fixture(std::uint32_t concurrency = 2, std::uint32_t queue = 1) {
    settings.bulkhead = {concurrency, queue, millis{1'000}};
    settings.breaker.open_for = millis{1'000};
    place = std::make_shared<compartment>(
      std::make_shared<const dependency_settings>(settings), metrics);
    place->moved_in(it.system().spawn(
      [this](dependency_actor::pointer) { return listener(); }));
  }

  ~fixture() {
    it.kill(place->supervisor());
    place->moved_in(dependency_actor{});
  }

  dependency_actor::behavior_type listener() {
    return {
      [](const std::shared_ptr<admission_request>&) {},
      [](const std::shared_ptr<retry_request>&) {},
      [this](const attempt_outcomes& x) {
        outcomes.insert(outcomes.end(), x.list.begin(), x.list.end());
      },
      [this](permit_freed_atom) { ++freed; },
      [](withdrawn_atom) {},
      [](breaker_mode_set) {},
      [](const breaker_rumour&) {},
      [](const speaker_gone&) {},
      [](const dependency_changed&) {},
      [](retire_atom) {},
      [](sweep_atom) {},
    };
  }

  breaker opened(time_point now) {
    breaker result{settings.breaker};
    for (int i = 0; i < 5; ++i)
      result.record(*result.admit(now), outcome::failure, {}, now);
    return result;
  }

  std::uint32_t in_flight() const { return place->bulkhead().in_flight(); }
  std::uint32_t waiting() const { return place->bulkhead().waiting(); }
};

using how = entry::kind;

} // namespace

TEST_CASE("callers are admitted, then queued, then refused") {
  fixture f;
  auto one = f.place->enter(at(0));
  auto two = f.place->enter(at(0));
  auto three = f.place->enter(at(0));
  auto four = f.place->enter(at(0));
  CHECK(one.how == how::admitted);
  CHECK(one.place.in_flight());
  CHECK(two.how == how::admitted);
  CHECK(three.how == how::queued);
  CHECK_FALSE(three.place.in_flight());
  REQUIRE(four.how == how::refused);
  CHECK(four.why.code == errc::bulkhead_rejected);
  CHECK(four.why.dependency == "a");
  CHECK(four.why.retry_after == millis{1'000});
  CHECK(f.in_flight() == 2);
  CHECK(f.waiting() == 1);
}

TEST_CASE("Q3: a ticket gives its place back exactly once, whatever becomes "
          "of it") {
  fixture f{4, 4};
  SECTION("dropped") {
    { auto one = f.place->enter(at(0)); }
    CHECK(f.in_flight() == 0);
  }
  SECTION("moved") {
    auto one = f.place->enter(at(0));
    ticket two = std::move(one.place);
    CHECK_FALSE(one.place.in_flight());
    one.place.release();
    CHECK(f.in_flight() == 1);
    two = f.place->enter(at(0)).place; // gives the first back
    CHECK(f.in_flight() == 1);
    ticket& same = two;
    two = std::move(same);
    CHECK(f.in_flight() == 1);
    two = ticket{};
    CHECK(f.in_flight() == 0);
  }
  SECTION("released twice") {
    auto one = f.place->enter(at(0));
    auto two = f.place->enter(at(0));
    one.place.release();
    one.place.release();
    CHECK(f.in_flight() == 1);
  }
  SECTION("waiting") {
    fixture narrow{1, 1};
    auto one = narrow.place->enter(at(0));
    auto two = narrow.place->enter(at(0));
    two.place.release();
    CHECK(narrow.waiting() == 0);
    CHECK(narrow.in_flight() == 1);
  }
}

TEST_CASE("a ticket goes from the queue to in flight when a place is free") {
  fixture f{1, 1};
  auto one = f.place->enter(at(0));
  auto two = f.place->enter(at(0));
  CHECK_FALSE(two.place.grant({7, false}));
  one.place.release();
  f.it.run();
  CHECK(f.freed == 1);
  CHECK(two.place.grant({7, false}));
  CHECK(two.place.in_flight());
  CHECK(two.place.permit().generation == 7);
  CHECK_FALSE(two.place.grant({8, false}));
  two.place.release();
  f.it.run();
  CHECK(f.freed == 1); // nobody waits: nobody is told
}

TEST_CASE("B5: a probe's ticket that is lost says so, one whose outcome was "
          "reported does not") {
  fixture f{2, 2};
  f.place->hold(at(10)); // so that everybody waits
  auto one = f.place->enter(at(0));
  auto two = f.place->enter(at(0));
  REQUIRE(one.place.grant({3, true}));
  REQUIRE(two.place.grant({3, true}));
  two.place.settle();
  two.place.release();
  f.it.run();
  CHECK(f.outcomes.empty());
  one.place.release();
  f.it.run();
  REQUIRE(f.outcomes.size() == 1);
  CHECK(f.outcomes[0].how == outcome::cancelled);
  CHECK(f.outcomes[0].permit.generation == 3);
  CHECK_FALSE(f.outcomes[0].first);
}

TEST_CASE("while the breaker is open callers are refused without a place, and "
          "told for how long") {
  fixture f;
  f.place->publish(f.opened(at(0)));
  auto one = f.place->enter(at(400));
  REQUIRE(one.how == how::refused);
  CHECK(one.why.code == errc::circuit_breaker_open);
  CHECK(one.why.retry_after == millis{600});
  CHECK(f.in_flight() + f.waiting() == 0);
  CHECK(f.place->state() == breaker_state::open);
  // Then it is the supervisor's to say who probes.
  CHECK(f.place->enter(at(1'000)).how == how::queued);
}

TEST_CASE("half-open, callers go to the supervisor while it can probe and are "
          "refused while it cannot") {
  fixture f;
  auto breaker = f.opened(at(0));
  auto probe = breaker.admit(at(1'000));
  f.place->publish(breaker);
  auto refused = f.place->enter(at(5'000));
  CHECK(refused.how == how::refused);
  CHECK(refused.why.retry_after == millis{1'000});
  breaker.record(*probe, outcome::cancelled, {}, at(1'001));
  f.place->publish(breaker);
  CHECK(f.place->enter(at(1'001)).how == how::queued);
}

TEST_CASE("a permit taken in the caller's thread carries the breaker's "
          "generation") {
  fixture f;
  auto breaker = f.opened(at(0));
  breaker.record(*breaker.admit(at(1'000)), outcome::success, {}, at(1'000));
  f.place->publish(breaker);
  auto one = f.place->enter(at(1'000));
  REQUIRE(one.how == how::admitted);
  CHECK(one.place.permit().generation == breaker.generation());
  CHECK_FALSE(one.place.permit().probe);
}

TEST_CASE("forced open, callers are refused for ever") {
  fixture f;
  breaker it{f.settings.breaker};
  it.set_mode(breaker_mode::forced_open);
  f.place->publish(it);
  CHECK(f.place->enter(at(1'000'000'000)).how == how::refused);
  CHECK(f.place->mode() == breaker_mode::forced_open);
}

TEST_CASE("successes are wanted at once while a streak runs or the breaker is "
          "not closed") {
  fixture f;
  breaker it{f.settings.breaker};
  f.place->publish(it);
  CHECK_FALSE(f.place->eager());
  it.record(*it.admit(at(0)), outcome::failure, {}, at(0));
  f.place->publish(it);
  CHECK(f.place->eager());
  f.place->publish(f.opened(at(0)));
  CHECK(f.place->eager());
}

TEST_CASE("a hold sends callers to the queue until it is over, and is never "
          "shortened") {
  fixture f;
  f.place->hold(at(500));
  f.place->hold(at(300));
  CHECK(f.place->held_until() == at(500));
  CHECK(f.place->enter(at(499)).how == how::queued);
  CHECK(f.place->enter(at(500)).how == how::admitted);
}

TEST_CASE("what a breaker was like is kept for the next supervisor") {
  fixture f;
  auto breaker = f.opened(at(0));
  f.place->publish(breaker);
  CHECK(f.place->retained().state == breaker_state::open);
  CHECK(f.place->retained().open_until == at(1'000));
  CHECK(f.place->retained().generation == breaker.generation());
}

TEST_CASE("new bounds hold for the next caller") {
  fixture f{1, 0};
  auto one = f.place->enter(at(0));
  CHECK(f.place->enter(at(0)).how == how::refused);
  f.settings.bulkhead.concurrency = 2;
  f.place->reconfigure(std::make_shared<const dependency_settings>(f.settings));
  CHECK(f.place->enter(at(0)).how == how::admitted);
  CHECK(f.place->settings()->bulkhead.concurrency == 2);
}

TEST_CASE("before anybody lives there, a place has no worker and no "
          "supervisor, and losing a ticket is harmless") {
  metrics::registry metrics;
  auto settings = dependency_named("a");
  settings.bulkhead = {1, 1, millis{1}};
  auto place = std::make_shared<compartment>(
    std::make_shared<const dependency_settings>(settings), metrics);
  CHECK_FALSE(place->worker(0));
  CHECK_FALSE(place->supervisor());
  {
    auto one = place->enter(at(0));
    auto two = place->enter(at(0));
    one.place.release();
    CHECK(two.place.grant({0, true}));
  }
  CHECK(place->bulkhead().in_flight() == 0);
  CHECK(place->bulkhead().waiting() == 0);
}
