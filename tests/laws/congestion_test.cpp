#include "actors/policies/congestion.hpp"

#include "tests/laws/property.hpp"

using namespace caisson;
using namespace caisson::laws;

namespace {

constexpr millis bound{100};

/// With so many under way.
congestion with(std::uint64_t under_way) {
  congestion it;
  for (std::uint64_t i = 0; i < under_way; ++i)
    it.began();
  return it;
}

void twice(congestion& it, millis wait) {
  it.waited(wait, bound);
  it.waited(wait, bound);
}

} // namespace

TEST_CASE("a thread with nothing under way lets one in, whatever it measures") {
  holds([] {
    congestion it;
    for (auto word : tape(40))
      it.waited(millis{word % 10'000}, bound);
    RC_ASSERT(!it.refuses());
    RC_ASSERT(it.limit() >= 1);
  });
}

TEST_CASE("no wait up to the bound ever makes a thread refuse") {
  holds([] {
    auto it = with(pick<std::uint64_t>(0, 1'000));
    for (auto word : tape(40)) {
      it.waited(millis{word % 101}, bound);
      RC_ASSERT(!it.refuses());
    }
    RC_ASSERT(it.limit() == congestion::no_limit);
  });
}

TEST_CASE(
  "what has waited for nothing yet is not behind, nor is who waits just "
  "as long as it may") {
  auto it = with(10);
  CHECK(it.delay() == millis{0});
  twice(it, bound);
  CHECK(it.delay() == bound);
  CHECK(it.limit() == congestion::no_limit);
}

TEST_CASE("a single stall, however long, is no congestion; two in a row are") {
  holds([] {
    auto it = with(pick<std::uint64_t>(1, 1'000));
    auto stall = millis{pick<std::int64_t>(101, 1'000'000)};
    for (auto i = 0; i < 5; ++i) {
      it.waited(stall, bound);
      RC_ASSERT(!it.refuses());
      RC_ASSERT(it.delay() == millis{20 * (i > 0)});
      it.waited(millis{20}, bound);
    }
    twice(it, stall);
    RC_ASSERT(it.delay() == stall);
    RC_ASSERT(it.refuses());
  });
}

TEST_CASE("the limit falls with the excess, by a tenth at least and half at "
          "most, of what is under way") {
  auto limit = [](std::uint64_t under_way, int wait) {
    auto it = with(under_way);
    twice(it, millis{wait});
    return it.limit();
  };
  CHECK(limit(1'000, 101) == 900);
  CHECK(limit(1'000, 125) == 800);
  CHECK(limit(1'000, 200) == 500);
  CHECK(limit(1'000, 10'000) == 500);
  CHECK(limit(1, 10'000) == 1);
}

TEST_CASE("answers that take long do not make the limit fall again and again") {
  auto it = with(1'000);
  for (auto i = 0; i < 50; ++i)
    it.waited(millis{200}, bound);
  CHECK(it.limit() == 500);
}

TEST_CASE("what is let in and out again is what is under way") {
  holds([] {
    congestion it;
    std::uint64_t inside = 0;
    for (auto word : tape(100)) {
      if (inside > 0 && word % 3 == 0) {
        it.ended();
        --inside;
      } else {
        it.began();
        ++inside;
      }
      RC_ASSERT(it.under_way() == inside);
    }
  });
}

TEST_CASE(
  "where waits are short the limit grows by a twentieth, but only where "
  "it is in the way") {
  auto it = with(1'000);
  twice(it, millis{125});
  REQUIRE(it.limit() == 800);
  it.waited(millis{1}, bound);
  CHECK(it.limit() == 841);
  for (auto i = 0; i < 159; ++i)
    it.ended();
  it.waited(millis{1}, bound); // 841 are under way
  CHECK(it.limit() == 884);
  it.waited(millis{1}, bound); // not in the way
  CHECK(it.limit() == 884);
  CHECK_FALSE(it.refuses());
}

TEST_CASE("there is no limit any more where twice as many may be under way as "
          "are") {
  auto it = with(1'000);
  twice(it, millis{125});
  for (auto i = 0; i < 600; ++i)
    it.ended();
  it.waited(millis{1}, bound); // 400 of 800: just not
  CHECK(it.limit() == 800);
  it.ended();
  it.waited(millis{1}, bound);
  CHECK(it.limit() == congestion::no_limit);
  it.waited(millis{1}, bound);
  CHECK(it.limit() == congestion::no_limit);
}
