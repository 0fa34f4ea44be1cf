#include <algorithm>
#include <set>

#include "actors/policies/breaker.hpp"
#include "tests/laws/property.hpp"

using namespace caisson;
using namespace caisson::laws;
using enum breaker_state;

namespace {

using seconds = std::chrono::seconds;

breaker_settings settings_of(millis open_for, millis longest) {
  breaker_settings result;
  result.failures = 1;
  result.open_for = open_for;
  result.open_for_max = longest;
  return result;
}

/// Has it opened once more, as soon as it may; how long it will wait.
duration open_again(breaker& it, time_point& now) {
  now = std::max(now, it.open_until());
  it.record(*it.admit(now), outcome::failure, {}, now);
  return it.open_until() - now;
}

} // namespace

TEST_CASE("B3: the wait is the plain one twice, then doubles with each failed "
          "probe, up to the longest") {
  breaker it{settings_of(seconds{60}, seconds{300})};
  auto now = at(0);
  for (auto wait : {60, 60, 120, 240, 300, 300, 300}) {
    CHECK(open_again(it, now) == seconds{wait});
    CHECK_FALSE(it.admit(it.open_until() - millis{1}));
  }
  CHECK(it.openings() == 7);
}

TEST_CASE("B3: a close starts the waits afresh") {
  breaker it{settings_of(seconds{60}, seconds{300})};
  auto now = at(0);
  for (int i = 0; i < 4; ++i)
    open_again(it, now);
  now = it.open_until();
  it.record(*it.admit(now), outcome::success, {}, now);
  REQUIRE(it.state() == closed);
  CHECK(it.openings() == 0);
  CHECK(open_again(it, now) == seconds{60});
  CHECK(open_again(it, now) == seconds{60});
  CHECK(open_again(it, now) == seconds{120});
}

TEST_CASE("B3: a longest wait that is shorter than the plain one does not "
          "shorten it") {
  breaker it{settings_of(seconds{60}, seconds{5})};
  auto now = at(0);
  for (int i = 0; i < 5; ++i)
    CHECK(open_again(it, now) == seconds{60});
}

TEST_CASE("B3: jitter adds up to a tenth, never takes: for every opening and "
          "any seed") {
  holds([] {
    auto base = millis{pick(1, 100'000)};
    auto longest = millis{pick(1, 1'000'000)};
    breaker exact{settings_of(base, longest)};
    breaker it{settings_of(base, longest), pick<std::uint64_t>(0, 1u << 30)};
    auto now = at(0);
    auto then = at(0);
    for (int i = 0; i < 12; ++i) {
      auto wait = open_again(exact, then);
      auto jittered = open_again(it, now);
      RC_ASSERT(jittered >= wait);
      RC_ASSERT(jittered <= wait + wait / 10);
      RC_ASSERT(!it.admit(it.open_until() - duration{1}));
    }
  });
}

TEST_CASE("B3: jitter is spread over the whole tenth") {
  std::array<int, 10> buckets{};
  for (std::uint64_t seed = 0; seed < 2'000; ++seed) {
    breaker it{settings_of(seconds{60}, seconds{60}), seed};
    auto now = at(0);
    CHECK(open_again(it, now) == seconds{60}); // the first is exact
    auto more = open_again(it, now) - seconds{60};
    ++buckets[std::min<std::size_t>(9, more / millis{600})];
  }
  for (auto count : buckets) {
    CHECK(count > 130); // 200 expected, five standard deviations
    CHECK(count < 270);
  }
}

TEST_CASE("B3: two seeds wait differently, one seed always the same") {
  auto waits = [](std::uint64_t seed) {
    breaker it{settings_of(seconds{60}, seconds{300}), seed};
    auto now = at(0);
    std::vector<duration> result;
    for (int i = 0; i < 5; ++i)
      result.push_back(open_again(it, now));
    return result;
  };
  CHECK(waits(1) == waits(1));
  CHECK(waits(1) != waits(2));
}

TEST_CASE("a restart keeps the wait and the count of openings") {
  auto settings = settings_of(seconds{60}, seconds{300});
  breaker before{settings, 7};
  auto now = at(0);
  for (int i = 0; i < 3; ++i)
    open_again(before, now);
  breaker after{settings, before.snapshot(), 8};
  CHECK(after.open_until() == before.open_until());
  CHECK(after.openings() == 3);
  auto wait = open_again(after, now);
  CHECK(wait >= seconds{240});
  CHECK(wait > seconds{240}); // jittered with the new owner's seed
}

TEST_CASE("leaving the operator's hand forgets the openings") {
  breaker it{settings_of(seconds{60}, seconds{300})};
  auto now = at(0);
  for (int i = 0; i < 4; ++i)
    open_again(it, now);
  it.set_mode(breaker_mode::forced_open);
  it.set_mode(breaker_mode::automatic);
  CHECK(it.openings() == 0);
}
