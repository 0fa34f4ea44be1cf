#include "actors/limits/accounts.hpp"

#include "tests/support/catch.hpp"

using namespace caisson;
using namespace std::chrono_literals;

namespace {

constexpr time_point start{1h};

charge of(limit_type what, std::uint64_t most, duration span,
          std::uint64_t cost = 1) {
  return {what, slot_of(what), {most, span}, cost};
}

charges all(std::initializer_list<charge> list) {
  charges result;
  for (auto& x : list)
    result.add(x);
  return result;
}

const auto three_a_minute = all({of(limit_type::minute, 3, 1min)});

limit_key key(std::uint64_t number) {
  return {number, number};
}

} // namespace

TEST_CASE("all limits are charged or none, and the tightest is told") {
  account it;
  auto what
    = all({of(limit_type::minute, 3, 1min), of(limit_type::hour, 2, 1h)});
  auto first = decide(it, what, start);
  CHECK_FALSE(first.exceeded);
  CHECK(first.what == limit_type::hour);
  CHECK(first.limit == 2);
  CHECK(first.remaining == 1);
  CHECK(first.whole_in == 1h);
  decide(it, what, start + 1s);
  auto third = decide(it, what, start + 2s);
  CHECK(third.exceeded);
  CHECK(third.what == limit_type::hour);
  CHECK(third.remaining == 0);
  CHECK(third.retry_after == 1h - 2s);
  // The minute has not been charged for what the hour refused.
  CHECK(decide(it, three_a_minute, start + 3s).remaining == 0);
}

TEST_CASE("of two limits that refuse, the one that does so longer is told") {
  account it;
  auto what
    = all({of(limit_type::minute, 1, 1min), of(limit_type::hour, 1, 1h)});
  decide(it, what, start);
  auto told = decide(it, what, start + 10s);
  CHECK(told.what == limit_type::hour);
  CHECK(told.retry_after == 1h - 10s);
  CHECK_FALSE(decide(it, what, start + 1h).exceeded);
}

TEST_CASE("without limits everything passes and nothing is told") {
  account it;
  auto told = decide(it, {}, start);
  CHECK_FALSE(told.exceeded);
  CHECK_FALSE(told.limited);
}

TEST_CASE("one node of several admits its share") {
  account it;
  auto what = all({of(limit_type::minute, 10, 1min)});
  auto admitted = 0;
  for (auto i = 0; i < 20; ++i)
    admitted += decide(it, what, start, 3).exceeded ? 0 : 1;
  CHECK(admitted == 3);
}

TEST_CASE("what was reserved too much comes back once it is settled, what was "
          "too little is charged") {
  account it;
  auto what = all({of(limit_type::tokens, 100, 1min, 60),
                   of(limit_type::budget, 1'000, 24h, 500)});
  auto told = decide(it, what, start);
  CHECK(decide(it, what, start).exceeded);
  std::array<std::uint64_t, 2> used{10, 900};
  settle(it.windows, what, used, time_point{duration{told.spent_at}},
         start + 1s);
  CHECK(
    it.windows[slot_of(limit_type::tokens)].remaining({100, 1min}, start + 1s)
    == 90);
  CHECK(
    it.windows[slot_of(limit_type::budget)].remaining({1'000, 24h}, start + 1s)
    == 100);
}

TEST_CASE("what can never fit is refused, and says to wait for all of it") {
  account it;
  auto told = decide(it, all({of(limit_type::budget, 10, 24h, 11)}), start);
  CHECK(told.exceeded);
  CHECK(told.retry_after == 24h);
}

TEST_CASE("T7: clients do not share, and strangers are bounded: the longest "
          "unseen is forgotten") {
  accounts it{3};
  for (std::uint64_t i = 0; i < 3; ++i)
    for (auto n = 0; n < 3; ++n)
      CHECK_FALSE(
        decide(it.of(key(i), false, start), three_a_minute, start).exceeded);
  it.of(key(0), false, start + 1s);
  it.of(key(9), false, start + 2s);
  CHECK(it.size() == 3);
  CHECK(decide(it.of(key(0), false, start), three_a_minute, start).exceeded);
  CHECK(decide(it.of(key(2), false, start), three_a_minute, start).exceeded);
  for (std::uint64_t i = 100; i < 10'000; ++i)
    it.of(key(i), false, start + 3s);
  CHECK(it.size() == 3);
}

TEST_CASE("who has a key is never forgotten, however many strangers come") {
  accounts it{2};
  for (auto n = 0; n < 3; ++n)
    decide(it.of(key(1), true, start), three_a_minute, start);
  for (std::uint64_t i = 100; i < 1'000; ++i)
    it.of(key(i), false, start);
  CHECK(decide(it.of(key(1), true, start), three_a_minute, start).exceeded);
  CHECK(it.size() == 3);
}

TEST_CASE("who was not seen for a day is forgotten when others come") {
  accounts it{100};
  for (std::uint64_t i = 0; i < 50; ++i)
    it.of(key(i), i % 2 == 0, start);
  for (std::uint64_t i = 100; i < 126; ++i)
    it.of(key(i), i % 2 == 0, start + 24h);
  CHECK(it.size() == 26);
}

TEST_CASE("a table that has become smaller shrinks to it") {
  accounts it{100};
  for (std::uint64_t i = 0; i < 100; ++i)
    it.of(key(i), false, start);
  it.set_most(10);
  for (std::uint64_t i = 100; i < 200; ++i)
    it.of(key(i), false, start);
  CHECK(it.size() == 10);
}
