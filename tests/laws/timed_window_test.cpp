#include "actors/policies/timed_window.hpp"

#include <algorithm>

#include "actors/policies/breaker.hpp"
#include "tests/laws/property.hpp"

using namespace caisson;
using namespace caisson::laws;

namespace {

struct seen {
  bool failed;
  bool slow;
  std::int64_t when;
};

double share(const std::vector<seen>& of, bool seen::* what) {
  return static_cast<double>(
           std::ranges::count_if(of, [=](auto& x) { return x.*what; }))
         / static_cast<double>(of.size());
}

breaker_settings rated(millis over, std::uint32_t min_calls) {
  breaker_settings result;
  result.failures = 1'000;
  result.failure_rate = 0.5;
  result.window_time = over;
  result.min_calls = min_calls;
  return result;
}

void call_once(breaker& it, outcome how, std::int64_t now) {
  it.record(*it.admit(at(now)), how, {}, at(now));
}

} // namespace

TEST_CASE("the timed window counts what lies in its last ten tenths, and "
          "nothing else") {
  holds(
    [] {
      auto tenth = pick<std::int64_t>(1, 500);
      timed_window it{millis{tenth * 10}};
      std::vector<seen> all;
      auto now = pick<std::int64_t>(0, 100'000);
      for (auto word : tape(300)) {
        now += word % 8 == 0 ? word / 8 % (20 * tenth) : word / 8 % tenth;
        if (word % 97 == 0) {
          it.clear();
          all.clear();
        }
        all.push_back({word % 2 == 0, word % 3 == 0, now});
        it.add(all.back().failed, all.back().slow, at(now));
        std::erase_if(
          all, [=](auto& x) { return x.when / tenth <= now / tenth - 10; });
        RC_ASSERT(it.calls() == all.size());
        RC_ASSERT(it.failure_rate() == share(all, &seen::failed));
        RC_ASSERT(it.slow_rate() == share(all, &seen::slow));
      }
    },
    500);
}

TEST_CASE("the timed window holds nothing older than its time, and all that is "
          "younger than nine tenths of it") {
  holds([] {
    auto span = pick<std::int64_t>(10, 100'000);
    timed_window it{millis{span}};
    auto first = pick<std::int64_t>(0, 1'000'000);
    it.add(true, false, at(first));
    auto later = first + pick<std::int64_t>(0, 2 * span);
    it.add(false, false, at(later));
    if (later - first >= span)
      RC_ASSERT(it.calls() == 1u);
    if (later - first <= span - span / 10 - 1)
      RC_ASSERT(it.calls() == 2u);
  });
}

TEST_CASE("an empty timed window has no shares") {
  timed_window it{millis{1'000}};
  CHECK(it.calls() == 0);
  CHECK(it.failure_rate() == 0);
  CHECK(it.slow_rate() == 0);
}

TEST_CASE("time that goes back counts as now, and a window of no time is one "
          "of the shortest") {
  timed_window it{millis{100}};
  it.add(true, false, at(1'000));
  it.add(true, false, at(10));
  CHECK(it.calls() == 2);
  timed_window none{duration{0}};
  none.add(true, true, at(5));
  CHECK(none.calls() == 1);
  none.add(false, false, at(6));
  CHECK(none.calls() == 1);
}

TEST_CASE("B2: by rate over a time it opens on the outcome that makes enough "
          "calls, not before") {
  breaker it{rated(millis{1'000}, 10)};
  for (int i = 0; i < 9; ++i)
    call_once(it, outcome::failure, i);
  CHECK(it.state() == breaker_state::closed);
  call_once(it, outcome::failure, 9);
  CHECK(it.state() == breaker_state::open);
}

TEST_CASE("B2: by rate over a time, failures that have passed count no more") {
  breaker it{rated(millis{1'000}, 4)};
  for (int i = 0; i < 3; ++i)
    call_once(it, outcome::failure, 0);
  for (int i = 0; i < 3; ++i)
    call_once(it, outcome::success, 1'000);
  call_once(it, outcome::failure, 1'000); // 1 of 4
  CHECK(it.state() == breaker_state::closed);
  call_once(it, outcome::failure, 1'000);
  call_once(it, outcome::failure, 1'000); // 3 of 6: not more than half
  CHECK(it.state() == breaker_state::closed);
  call_once(it, outcome::failure, 1'000);
  CHECK(it.state() == breaker_state::open);
}

TEST_CASE("B2: a close, a reload of the window's time and the operator's hand "
          "start the timed window afresh") {
  auto settings = rated(millis{1'000}, 4);
  breaker it{settings};
  for (int i = 0; i < 3; ++i)
    call_once(it, outcome::failure, 0);
  SECTION("another time") {
    settings.window_time = millis{2'000};
    it.reconfigure(settings);
  }
  SECTION("by number instead, and back") {
    settings.window_time.reset();
    settings.window = 4;
    it.reconfigure(settings);
    settings.window_time = millis{1'000};
    it.reconfigure(settings);
  }
  SECTION("by number instead") {
    settings.window_time.reset();
    settings.window = 4;
    it.reconfigure(settings);
  }
  SECTION("the operator's hand") {
    it.set_mode(breaker_mode::disabled);
    it.set_mode(breaker_mode::automatic);
  }
  call_once(it, outcome::failure, 1);
  CHECK(it.state() == breaker_state::closed);
  for (int i = 0; i < 3; ++i)
    call_once(it, outcome::failure, 1);
  CHECK(it.state() == breaker_state::open);
}

TEST_CASE("B2: a reload that leaves the windows alone keeps what they saw") {
  auto settings = rated(millis{1'000}, 4);
  SECTION("over a time") {}
  SECTION("by number") {
    settings.window_time.reset();
    settings.window = 4;
  }
  breaker it{settings};
  for (int i = 0; i < 3; ++i)
    call_once(it, outcome::failure, 0);
  settings.open_for = millis{5};
  it.reconfigure(settings);
  call_once(it, outcome::failure, 0);
  CHECK(it.state() == breaker_state::open);
}

TEST_CASE("a timed window of ten nanoseconds holds nothing that is older") {
  timed_window it{duration{10}};
  it.add(true, false, at(1));
  it.add(false, false, at(1) + duration{9});
  CHECK(it.calls() == 2);
  it.add(false, false, at(1) + duration{10});
  CHECK(it.calls() == 2);
}
