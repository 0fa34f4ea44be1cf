#include "actors/policies/ramp.hpp"

#include "tests/laws/property.hpp"

using namespace caisson;
using namespace caisson::laws;

TEST_CASE("a ramp begins at a quarter, rounded up, and ends at all places") {
  holds([] {
    auto full = pick<std::uint32_t>(1, 10'000);
    auto length = pick<std::int64_t>(1, 600'000);
    auto start = pick<std::int64_t>(0, 1'000'000);
    ramp it{millis{length}, at(start)};
    RC_ASSERT(it.limit(at(start), full) == (full + 3) / 4);
    RC_ASSERT(!it.done(at(start + length - 1)));
    RC_ASSERT(it.done(at(start + length)));
    RC_ASSERT(it.limit(at(start + length), full) == full);
    RC_ASSERT(it.limit(at(start + 100 * length), full) == full);
  });
}

TEST_CASE("a ramp never shrinks and stays within 1 and all") {
  holds([] {
    auto full = pick<std::uint32_t>(1, 10'000);
    auto length = pick<std::int64_t>(1, 600'000);
    ramp it{millis{length}, at(1'000)};
    std::int64_t now = 0;
    std::uint32_t last = 1;
    for (auto word : tape(60)) {
      now += word % (1 + length / 20);
      auto limit = it.limit(at(now), full);
      RC_ASSERT(limit >= last);
      RC_ASSERT(limit <= full);
      last = limit;
    }
  });
}

TEST_CASE("a ramp is linear: it leaves the line from a quarter to all by less "
          "than a place") {
  holds([] {
    auto full = pick<std::uint32_t>(1, 10'000);
    auto length = pick<std::int64_t>(1, 600'000);
    auto passed = pick<std::int64_t>(0, length);
    ramp it{millis{length}, at(7)};
    double low = (full + 3) / 4;
    auto line = low + (full - low) * double(passed) / double(length);
    auto limit = it.limit(at(7 + passed), full);
    RC_ASSERT(limit <= line + 1e-6);
    RC_ASSERT(limit > line - 1 - 1e-6);
  });
}

TEST_CASE("a ramp of no time, and none at all, open every place at once") {
  ramp none;
  ramp off{millis{0}, at(1'000)};
  for (auto now : {at(0), at(1'000), at(2'000)}) {
    CHECK(none.done(now));
    CHECK(none.limit(now, 17) == 17);
    CHECK(off.done(now));
    CHECK(off.limit(now, 17) == 17);
  }
}

TEST_CASE("a ramp that is asked of a time before the close says what holds at "
          "the close") {
  ramp it{millis{1'000}, at(5'000)};
  CHECK(it.limit(at(0), 100) == 25);
  CHECK_FALSE(it.done(at(0)));
}

TEST_CASE("a ramp of very many places does not overflow") {
  ramp it{millis{600'000}, at(0)};
  CHECK(it.limit(at(300'000), 4'000'000'001) == 2'500'000'001);
  CHECK(it.limit(at(0), 4'294'967'295) == 1'073'741'824);
}

TEST_CASE("a ramp of few places begins with one of them, and one of a "
          "millisecond takes that") {
  ramp it{millis{1}, at(0)};
  CHECK_FALSE(it.done(at(0)));
  for (std::uint32_t full = 1; full <= 4; ++full)
    CHECK(it.limit(at(0), full) == 1);
  CHECK(it.limit(at(0), 5) == 2);
}

TEST_CASE("a part of a millisecond opens nothing yet") {
  ramp it{millis{1'000}, at(0)};
  CHECK(it.limit(at(0) + duration{1}, 4'000) == 1'000);
  CHECK(it.limit(at(1), 4'000) == 1'003);
}
