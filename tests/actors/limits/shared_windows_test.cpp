#include "actors/limits/shared_windows.hpp"

#include "tests/support/catch.hpp"

// What the script itself does: tests/system/test_rate_limit_redis.py.

using namespace caisson;
using namespace std::chrono_literals;

namespace {

using words = std::vector<std::string>;

const limit_key who{0x0123456789abcdef, 1};

charges two_limits() {
  charges result;
  result.add({limit_type::minute, slot_of(limit_type::minute), {10, 1min}, 1});
  result.add({limit_type::tokens, slot_of(limit_type::tokens), {100, 1min}, 7});
  return result;
}

// Built in their places: g++ 12 sees uninitialized members in a move.
kv_value list_of(const std::vector<std::int64_t>& numbers) {
  kv_value result;
  auto& list = result.is.emplace<std::vector<kv_value>>();
  for (auto x : numbers)
    list.emplace_back().is.emplace<std::int64_t>(x);
  return result;
}

kv_value text_of(const char* text) {
  kv_value result;
  result.is.emplace<std::string>(text);
  return result;
}

} // namespace

TEST_CASE("one question is put for all limits of a request") {
  std::array<std::uint64_t, 2> owed{0, 3};
  auto asked = decision_question(who, two_limits(), owed);
  CHECK(asked.script);
  CHECK(asked.keys == 2);
  CHECK(asked.words
        == words{"caisson:rl:{0123456789abcdef0000000000000001}:minute",
                 "caisson:rl:{0123456789abcdef0000000000000001}:tokens", "10",
                 "60000000", "1", "0", "100", "60000000", "7", "3"});
}

TEST_CASE(
  "a settlement names the moment, what was reserved and what was used") {
  std::array<std::uint64_t, 2> used{1, 40};
  auto asked = settlement_question(who, two_limits(), used, 5);
  CHECK(asked.keys == 2);
  CHECK(
    words{asked.words.begin() + 2, asked.words.end()}
    == words{"5", "10", "60000000", "1", "1", "100", "60000000", "7", "40"});
  std::array<std::uint64_t, 2> owed{};
  CHECK(asked.script != decision_question(who, two_limits(), owed).script);
}

TEST_CASE("the answer tells of the limit that refuses, else of the tightest") {
  auto admitted = standing_in(list_of({77, 9, 0, 60'000'000, 93, 0, 1'000, 0}),
                              two_limits());
  REQUIRE(admitted);
  CHECK_FALSE(admitted->exceeded);
  CHECK(admitted->what == limit_type::minute);
  CHECK(admitted->remaining == 9);
  CHECK(admitted->whole_in == 1min);
  CHECK(admitted->source == limit_source::redis);
  CHECK(admitted->spent_at == 77);
  auto refused
    = standing_in(list_of({77, 9, 0, 5, 3, 2'000'000, 8, 0}), two_limits());
  REQUIRE(refused);
  CHECK(refused->exceeded);
  CHECK(refused->what == limit_type::tokens);
  CHECK(refused->retry_after == 2s);
}

TEST_CASE("nonsense is no answer") {
  CHECK_FALSE(standing_in({}, two_limits()));
  CHECK_FALSE(standing_in(text_of("OK"), two_limits()));
  CHECK_FALSE(standing_in(list_of({1, 2, 3}), two_limits()));
  CHECK_FALSE(standing_in(list_of({77, -9, 0, 5, 3, 2, 8, 0}), two_limits()));
  auto mixed = list_of({77, 9, 0, 5, 3, 2, 8, 0});
  std::get<std::vector<kv_value>>(mixed.is)[2].is.emplace<std::string>("x");
  CHECK_FALSE(standing_in(mixed, two_limits()));
}

TEST_CASE("the answer says how many windows were none") {
  CHECK(garbage_in(list_of({77, 9, 0, 5, 3, 2, 8, 0})) == 0);
  CHECK(garbage_in(list_of({77, 9, 0, 5, 3, 2, 8, 2})) == 2);
  CHECK(garbage_in(text_of("nonsense")) == 0);
  CHECK(garbage_in(list_of({})) == 0);
}
