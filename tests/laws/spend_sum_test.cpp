#include "actors/policies/spend_sum.hpp"

#include <array>

#include "tests/laws/property.hpp"

using namespace caisson;
using namespace caisson::laws;

namespace {

constexpr std::size_t parts = 3;
using windows = std::array<spend_window, parts>;

spend_sum sum_of(windows& all, const spend_limit& of, time_point now) {
  spend_sum out{of, now};
  for (auto& x : all)
    out.add(x);
  return out;
}

struct spent {
  std::uint64_t amount;
  std::int64_t when;
};

std::uint64_t worst(const std::vector<spent>& all, std::int64_t span) {
  std::uint64_t most = 0;
  for (auto& end : all) {
    std::uint64_t sum = 0;
    for (auto& x : all)
      if (x.when > end.when - span && x.when <= end.when)
        sum += x.amount;
    most = std::max(most, sum);
  }
  return most;
}

} // namespace

TEST_CASE("T1: several that ask the sum spend no more together than the limit "
          "in any span") {
  holds(
    [] {
      auto most = pick<std::uint64_t>(1, 300);
      auto span = pick<std::int64_t>(1, 2'000);
      spend_limit of{most, millis{span}};
      windows all;
      std::vector<spent> log;
      std::int64_t now = 0;
      for (auto word : tape(300)) {
        now += word % 5 == 0 ? word / 5 % (span + 2) : word / 5 % 3;
        auto cost = word % 7 == 0 ? 1 + word / 7 % most : 1;
        auto sum = sum_of(all, of, at(now));
        auto wait = sum.wait_for(cost);
        RC_ASSERT(sum.remaining() <= most);
        RC_ASSERT(wait.has_value());
        RC_ASSERT((*wait == duration{0}) == (cost <= sum.remaining()));
        if (*wait > duration{0})
          continue;
        all[word % parts].spend({most / parts + 1, of.span}, cost, at(now));
        log.push_back({cost, now});
      }
      RC_ASSERT(worst(log, span) <= most);
    },
    300);
}

TEST_CASE(
  "T5: after the wait that the sum tells it admits, a moment earlier it "
  "does not") {
  holds([] {
    auto most = pick<std::uint64_t>(1, 200);
    spend_limit of{most, millis{1'000}};
    windows all;
    std::int64_t now = 0;
    for (auto word : tape(150)) {
      now += word % 11;
      auto wait = sum_of(all, of, at(now)).wait_for(1);
      if (*wait == duration{0}) {
        all[word % parts].spend(of, 1, at(now));
        continue;
      }
      auto copy = all;
      auto then = at(now) + *wait;
      RC_ASSERT(sum_of(copy, of, then - duration{1}).wait_for(1).value()
                > duration{0});
      RC_ASSERT(sum_of(copy, of, then).wait_for(1).value() == duration{0});
    }
  });
}

TEST_CASE("what is more than the limit never fits, and nothing spent is whole "
          "now") {
  windows all;
  spend_limit of{10, millis{1'000}};
  CHECK_FALSE(sum_of(all, of, at(0)).wait_for(11));
  CHECK(sum_of(all, of, at(0)).wait_for(10) == duration{0});
  CHECK(sum_of(all, of, at(0)).whole_in() == duration{0});
  all[1].spend(of, 4, at(5));
  all[2].spend(of, 6, at(9));
  auto sum = sum_of(all, of, at(10));
  CHECK(sum.remaining() == 0);
  CHECK(sum.whole_in() == millis{999});
  CHECK(sum.wait_for(4) == millis{995});
  CHECK(sum.wait_for(5) == millis{999});
}

TEST_CASE("spent too much, the sum has nothing left") {
  windows all;
  spend_limit of{10, millis{1'000}};
  all[0].spend(of, 8, at(0));
  all[1].spend(of, 8, at(1));
  CHECK(sum_of(all, of, at(2)).remaining() == 0);
  CHECK(sum_of(all, of, at(2)).wait_for(0) == millis{998});
}
