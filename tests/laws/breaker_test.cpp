#include "actors/policies/breaker.hpp"

#include <algorithm>

#include "tests/laws/property.hpp"

using namespace caisson;
using namespace caisson::laws;
using enum breaker_state;

namespace {

breaker_settings settings_of(std::uint32_t failures,
                             std::int64_t open_for = 1'000,
                             std::uint32_t probes = 1) {
  breaker_settings result;
  result.failures = failures;
  result.open_for = millis{open_for};
  result.half_open_probes = probes;
  return result;
}

/// One whole call; false: it was refused.
bool call_once(breaker& it, outcome how, time_point now,
               duration took = millis{1}) {
  auto permit = it.admit(now);
  if (permit)
    it.record(*permit, how, took, now);
  return permit.has_value();
}

/// A breaker that has just opened at that time.
breaker opened(const breaker_settings& settings, time_point now) {
  breaker it{settings};
  while (it.state() == closed)
    call_once(it, outcome::failure, now);
  it.take_transitions();
  return it;
}

constexpr outcome outcomes[]{outcome::success, outcome::failure,
                             outcome::ignored, outcome::cancelled};

bool legal(breaker_transition x) {
  return (x.from == closed && x.to == open)
         || (x.from == open && x.to == half_open)
         || (x.from == half_open && x.to != half_open);
}

} // namespace

TEST_CASE("B2: the breaker opens on exactly the k-th consecutive failure") {
  holds([] {
    auto k = pick<std::uint32_t>(1, 30);
    breaker it{settings_of(k)};
    std::uint32_t streak = 0;
    for (auto word : tape()) {
      auto failed = word % 8 != 0;
      RC_ASSERT(it.state() == closed);
      call_once(it, failed ? outcome::failure : outcome::success, at(0));
      streak = failed ? streak + 1 : 0;
      RC_ASSERT((it.state() == open) == (streak == k));
      if (streak == k)
        return;
    }
  });
}

TEST_CASE("B2: by rate it opens when and only when the window is full and more "
          "than the rate failed") {
  holds([] {
    auto settings = settings_of(1'000'000);
    settings.window = pick<std::uint32_t>(1, 40);
    auto percent = pick(1, 100);
    settings.failure_rate = percent / 100.0;
    breaker it{settings};
    std::vector<bool> seen;
    for (auto word : tape(300)) {
      auto failed = static_cast<int>(word % 100) < percent;
      call_once(it, failed ? outcome::failure : outcome::success, at(0));
      seen.push_back(failed);
      auto full = seen.size() >= settings.window;
      auto from = seen.end()
                  - static_cast<std::ptrdiff_t>(
                    std::min<std::size_t>(seen.size(), settings.window));
      auto failures = std::count(from, seen.end(), true);
      auto expected
        = full && failures / double(settings.window) > *settings.failure_rate;
      RC_ASSERT((it.state() == open) == expected);
      if (expected)
        return;
    }
  });
}

TEST_CASE("B2: slow calls open it as failures do, by half when no rate is "
          "set") {
  auto settings = settings_of(1'000);
  settings.window = 10;
  settings.slow_call = millis{50};
  breaker it{settings};
  for (int i = 0; i < 5; ++i)
    call_once(it, outcome::success, at(0), millis{51});
  for (int i = 0; i < 5; ++i)
    call_once(it, outcome::success, at(0), millis{50});
  CHECK(it.state() == closed);
  call_once(it, outcome::success, at(0), millis{50}); // drops a slow one
  for (int i = 0; i < 4; ++i)
    call_once(it, outcome::success, at(0), millis{51});
  CHECK(it.state() == closed);
  call_once(it, outcome::success, at(0), millis{51});
  CHECK(it.state() == closed);
  call_once(it, outcome::success, at(0), millis{51});
  CHECK(it.state() == open);
}

TEST_CASE("B7: what the client caused neither counts nor breaks a streak") {
  holds([] {
    auto k = pick<std::uint32_t>(2, 10);
    breaker it{settings_of(k)};
    for (std::uint32_t i = 0; i < k; ++i) {
      for (auto word : tape(20))
        call_once(it, word % 2 ? outcome::ignored : outcome::cancelled, at(0));
      RC_ASSERT(it.state() == closed);
      RC_ASSERT(it.consecutive_failures() == i);
      call_once(it, outcome::failure, at(0));
    }
    RC_ASSERT(it.state() == open);
  });
}

TEST_CASE("B3: an open breaker gives no permit before its wait is over, and "
          "one right then") {
  holds([] {
    auto wait = pick<std::int64_t>(1, 100'000);
    auto start = pick<std::int64_t>(0, 1'000'000);
    auto it = opened(settings_of(3, wait), at(start));
    for (auto word : tape(50)) {
      auto when = start + word % wait;
      RC_ASSERT(!it.admit(at(when)));
      RC_ASSERT(it.refuses_at(at(when)));
    }
    RC_ASSERT(it.state() == open);
    RC_ASSERT(!it.refuses_at(at(start + wait)));
    auto probe = it.admit(at(start + wait));
    RC_ASSERT(probe.has_value());
    RC_ASSERT(probe->probe);
    RC_ASSERT(it.state() == half_open);
  });
}

TEST_CASE("B3: a probe that fails opens it for a new full wait") {
  auto it = opened(settings_of(3, 1'000), at(0));
  auto probe = it.admit(at(1'000));
  REQUIRE(probe);
  it.record(*probe, outcome::failure, {}, at(1'700));
  CHECK(it.state() == open);
  CHECK(it.open_until() == at(2'700));
  CHECK_FALSE(it.admit(at(2'699)));
  CHECK(it.admit(at(2'700)));
}

TEST_CASE("B3: a probe that succeeds closes it, and the count starts at zero") {
  auto it = opened(settings_of(3, 1'000), at(0));
  CHECK(call_once(it, outcome::success, at(1'000)));
  CHECK(it.state() == closed);
  CHECK(it.consecutive_failures() == 0);
  call_once(it, outcome::failure, at(1'000));
  call_once(it, outcome::failure, at(1'000));
  CHECK(it.state() == closed);
}

TEST_CASE("B3: a probe that the dependency refuses closes it: it answers") {
  auto it = opened(settings_of(3, 1'000), at(0));
  call_once(it, outcome::ignored, at(1'000));
  CHECK(it.state() == closed);
}

TEST_CASE("B1: half-open, no more than N probes are out at any time") {
  holds([] {
    auto n = pick<std::uint32_t>(1, 6);
    auto it = opened(settings_of(1, 10, n), at(0));
    std::vector<breaker_permit> out;
    for (auto word : tape()) {
      if (word % 3 != 0) {
        auto permit = it.admit(at(10));
        RC_ASSERT(permit.has_value() == (out.size() < n));
        if (permit)
          out.push_back(*permit);
      } else if (!out.empty()) {
        auto one = word / 3 % out.size();
        it.record(out[one], outcome::cancelled, {}, at(10));
        out.erase(out.begin() + static_cast<std::ptrdiff_t>(one));
      }
      RC_ASSERT(it.probes(at(10)) == out.size());
    }
  });
}

TEST_CASE("B1: a late result of an earlier generation changes nothing") {
  holds([] {
    auto settings = settings_of(1, 100, 2);
    breaker it{settings};
    auto late = *it.admit(at(0)); // given while closed
    call_once(it, outcome::failure, at(0));
    RC_ASSERT(it.state() == open);
    auto how = outcomes[pick(0, 4)];
    it.record(late, how, {}, at(1));
    RC_ASSERT(it.state() == open);
    RC_ASSERT(it.open_until() == at(100));
    auto first = *it.admit(at(100));
    auto second = *it.admit(at(100));
    it.record(late, how, {}, at(101));
    RC_ASSERT(it.probes(at(101)) == 2u);
    RC_ASSERT(it.state() == half_open);
    it.record(first, outcome::failure, {}, at(150)); // opens
    it.record(second, how, {}, at(160));             // too late to matter
    RC_ASSERT(it.state() == open);
    RC_ASSERT(it.open_until() == at(250));
  });
}

TEST_CASE("B4: the transitions are a path in the allowed graph, each told "
          "once") {
  holds([] {
    breaker it{settings_of(pick<std::uint32_t>(1, 4), 50, 2)};
    std::vector<breaker_permit> out;
    std::vector<breaker_transition> told;
    std::int64_t now = 0;
    for (auto word : tape(400)) {
      now += word % 40;
      if (word % 2) {
        if (auto permit = it.admit(at(now)))
          out.push_back(*permit);
      } else if (!out.empty()) {
        it.record(out.back(), outcomes[word / 2 % 4], {}, at(now));
        out.pop_back();
      }
      for (auto x : it.take_transitions())
        told.push_back(x);
      RC_ASSERT(it.take_transitions().empty());
      RC_ASSERT((told.empty() ? closed : told.back().to) == it.state());
    }
    auto last = closed;
    for (auto x : told) {
      RC_ASSERT(x.from == last);
      RC_ASSERT(legal(x));
      last = x.to;
    }
  });
}

TEST_CASE("B5: a probe nobody waits for gives its place back and judges "
          "nothing") {
  auto it = opened(settings_of(1, 10, 1), at(0));
  auto probe = it.admit(at(10));
  REQUIRE(probe);
  CHECK_FALSE(it.can_probe());
  it.record(*probe, outcome::cancelled, {}, at(11));
  CHECK(it.state() == half_open);
  CHECK(it.probes(at(11)) == 0);
  CHECK(it.admit(at(11)));
}

TEST_CASE("B6: only differences of time matter, not what the clock says") {
  holds([] {
    auto settings = settings_of(2, 100, 2);
    breaker one{settings};
    breaker other{settings};
    auto jump = std::chrono::hours{pick(0, 100'000)};
    std::int64_t now = 0;
    for (auto word : tape()) {
      now += word % 60;
      auto how = outcomes[word / 64 % 4];
      auto a = call_once(one, how, at(now));
      auto b = call_once(other, how, at(now) + jump);
      RC_ASSERT(a == b);
      RC_ASSERT(one.state() == other.state());
    }
  });
}

TEST_CASE("a restart keeps state, wait, streak and mode, and forgets permits") {
  auto settings = settings_of(3, 1'000, 1);
  SECTION("closed, in the middle of a streak") {
    breaker before{settings};
    auto late = *before.admit(at(0));
    call_once(before, outcome::failure, at(0));
    call_once(before, outcome::failure, at(0));
    breaker after{settings, before.snapshot()};
    after.record(late, outcome::failure, {}, at(1));
    CHECK(after.state() == closed);
    call_once(after, outcome::failure, at(2));
    CHECK(after.state() == open);
  }
  SECTION("closed, and permits of any earlier time") {
    breaker before{settings};
    auto late = *before.admit(at(0));
    before.set_mode(breaker_mode::forced_open);
    before.set_mode(breaker_mode::automatic);
    breaker after{settings, before.snapshot()};
    after.record(late, outcome::failure, {}, at(1));
    CHECK(after.consecutive_failures() == 0);
    CHECK(after.generation() > before.generation());
  }
  SECTION("open: the wait goes on") {
    auto before = opened(settings, at(0));
    breaker after{settings, before.snapshot()};
    CHECK_FALSE(after.admit(at(999)));
    CHECK(after.admit(at(1'000)));
  }
  SECTION("half-open: the lost probe's place is free again") {
    auto before = opened(settings, at(0));
    auto lost = *before.admit(at(1'000));
    breaker after{settings, before.snapshot()};
    CHECK(after.state() == half_open);
    auto probe = after.admit(at(1'001));
    REQUIRE(probe);
    after.record(lost, outcome::failure, {}, at(1'002));
    CHECK(after.state() == half_open);
    CHECK(after.probes(at(1'002)) == 1);
  }
  SECTION("the operator's mode") {
    breaker before{settings};
    before.set_mode(breaker_mode::forced_open);
    breaker after{settings, before.snapshot()};
    CHECK_FALSE(after.admit(at(5)));
  }
}

TEST_CASE("who takes up from nobody begins as new") {
  breaker it{settings_of(3, 1'000, 1), breaker_snapshot{}};
  CHECK(it.state() == closed);
  CHECK(it.mode() == breaker_mode::automatic);
  CHECK(it.consecutive_failures() == 0);
  CHECK(it.openings() == 0);
  for (auto mode : {breaker_mode::forced_open, breaker_mode::metrics_only}) {
    it.set_mode(mode);
    CHECK(it.mode() == mode);
  }
}

TEST_CASE("new settings keep the state and hold from the next outcome") {
  breaker it{settings_of(5)};
  for (int i = 0; i < 3; ++i)
    call_once(it, outcome::failure, at(0));
  it.reconfigure(settings_of(4, 50));
  CHECK(it.consecutive_failures() == 3);
  call_once(it, outcome::failure, at(0));
  CHECK(it.state() == open);
  CHECK(it.open_until() == at(50));
}
