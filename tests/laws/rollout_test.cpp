#include "actors/policies/rollout.hpp"

#include <vector>

#include "tests/laws/property.hpp"

using namespace caisson;
using namespace caisson::laws;

namespace {

feature any_feature() {
  return every_feature[pick<std::size_t>(0, every_feature.size())];
}

std::uint64_t any_caller() {
  return *rc::gen::arbitrary<std::uint64_t>();
}

/// Of the callers 1 to `many`, how many have it.
int share(const rollout& how, feature what, int many) {
  int out = 0;
  for (int caller = 1; caller <= many; ++caller)
    out += reaches(how, what, static_cast<std::uint64_t>(caller));
  return out;
}

} // namespace

TEST_CASE("who is in a share is in every larger one; all are in the whole, "
          "nobody is in none, and nobody has what is off") {
  holds([] {
    auto what = any_feature();
    auto caller = any_caller();
    bool before = false;
    for (std::uint32_t percent = 0; percent <= 100; ++percent) {
      auto now = reaches({true, percent}, what, caller);
      RC_ASSERT(!before || now);
      RC_ASSERT(!reaches({false, percent}, what, caller));
      before = now;
    }
    RC_ASSERT(before);
    RC_ASSERT(!reaches({true, 0}, what, caller));
  });
}

TEST_CASE("a share is of about its size, for callers that follow each other "
          "too") {
  for (auto what : every_feature)
    for (std::uint32_t percent : {1, 10, 50, 90, 99}) {
      auto got = share({true, percent}, what, 20'000);
      CHECK(std::abs(got - static_cast<int>(200 * percent)) < 250);
    }
}

TEST_CASE("features begin with different callers") {
  for (auto one : every_feature)
    for (auto other : every_feature) {
      if (one == other)
        continue;
      int both = 0;
      for (std::uint64_t caller = 1; caller <= 20'000; ++caller)
        both += reaches({true, 50}, one, caller)
                && reaches({true, 50}, other, caller);
      CHECK(std::abs(both - 5'000) < 300);
    }
}

TEST_CASE("the same callers are reached by every build, on every machine") {
  std::vector<std::uint64_t> reached;
  for (std::uint64_t caller = 1; caller <= 20; ++caller)
    if (reaches({true, 30}, feature::hedging, caller))
      reached.push_back(caller);
  CHECK(reached == std::vector<std::uint64_t>{1, 2, 6, 7, 15, 19});
}

TEST_CASE("a rollout is whole when it is on for all") {
  CHECK(rollout{} == rollout{true, 100});
  CHECK(rollout{}.whole());
  CHECK_FALSE(rollout{true, 99}.whole());
  CHECK_FALSE(rollout{false, 100}.whole());
}
