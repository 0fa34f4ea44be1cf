#include "actors/dependency/capacity.hpp"

#include "tests/support/world.hpp"

using namespace caisson;
using namespace caisson::testing;

namespace {

time_point at(int ms) {
  return time_point{millis{1'000'000 + ms}};
}

struct fixture {
  metrics::registry metrics;
  dependency_settings settings = dependency_named("a");
  compartment_ptr place;
  std::unique_ptr<capacity> it;

  explicit fixture(std::uint32_t concurrency = 8, bool adaptive = false) {
    settings.bulkhead.concurrency = concurrency;
    settings.bulkhead.adaptive = adaptive;
    settings.breaker.ramp_up = millis{1'000};
    place = std::make_shared<compartment>(
      std::make_shared<const dependency_settings>(settings), metrics);
    it = std::make_unique<capacity>(place, settings);
  }

  std::uint32_t limit() const { return place->bulkhead().limit(); }

  void note(outcome how, millis took, time_point now) {
    it->note({{}, how, true, duration{took}}, now);
  }
};

} // namespace

TEST_CASE("after a close the bulkhead opens from a quarter to all of it") {
  fixture f;
  f.it->closed(at(0));
  CHECK(f.it->apply(at(0)));
  CHECK(f.limit() == 2);
  CHECK(f.it->apply(at(500)));
  CHECK(f.limit() == 5);
  CHECK_FALSE(f.it->apply(at(1'000)));
  CHECK(f.limit() == 8);
}

TEST_CASE("without a ramp all of it is open at once") {
  fixture f;
  f.settings.breaker.ramp_up = millis{0};
  f.it->reconfigure(f.settings);
  f.it->closed(at(0));
  CHECK_FALSE(f.it->apply(at(0)));
  CHECK(f.limit() == 8);
}

TEST_CASE("an adaptive bulkhead falls when calls take longer, another does "
          "not") {
  fixture f{64, GENERATE(true, false)};
  auto now = 0;
  auto run = [&](millis took, int windows) {
    for (int i = 0; i < windows * 10; ++i) {
      std::vector<entry> held;
      while (f.place->bulkhead().in_flight() < f.limit())
        held.push_back(f.place->enter(at(now)));
      f.note(outcome::success, took, at(now += 11));
      f.it->apply(at(now));
    }
  };
  run(millis{20}, 10);
  auto before = f.limit();
  run(millis{60}, 5);
  if (f.settings.bulkhead.adaptive)
    CHECK(f.limit() < before / 2);
  else
    CHECK(f.limit() == 64);
}

TEST_CASE("a reload's bounds hold though the supervisor has yet to hear of "
          "it") {
  fixture f{8};
  f.settings.bulkhead.concurrency = 3;
  f.settings.bulkhead.queue = 1;
  f.place->reconfigure(std::make_shared<const dependency_settings>(f.settings));
  f.it->apply(at(0));
  CHECK(f.limit() == 3);
  CHECK(f.place->bulkhead().queue() == 1);
}

TEST_CASE("a new concurrency holds at once, and what was cancelled says "
          "nothing of the pace") {
  fixture f;
  f.settings.bulkhead.concurrency = 3;
  f.it->reconfigure(f.settings);
  f.it->apply(at(0));
  CHECK(f.limit() == 3);
  f.note(outcome::cancelled, millis{50'000}, at(300));
  f.note(outcome::success, millis{10}, at(600));
  // Were the cancelled call counted, nobody with 1 s to go could wait.
  std::vector<entry> held;
  for (int i = 0; i < 3; ++i)
    held.push_back(f.place->enter(at(600)));
  CHECK(f.place->enter({at(600), 0, at(1'600)}).how == entry::kind::queued);
}
