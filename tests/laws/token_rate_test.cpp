#include "actors/policies/token_rate.hpp"

#include <algorithm>
#include <cmath>

#include "tests/laws/property.hpp"

using namespace caisson;
using namespace caisson::laws;

namespace {

struct arrival {
  std::int64_t age; ///< in the stream's own time, ms
  std::uint64_t tokens;
};

/// Tokens of the ten seconds that the current one ends, over what of them has
/// passed.
double expected(const std::vector<arrival>& all, std::int64_t age) {
  auto first = age / 1'000 - 9;
  double sum = 0;
  for (auto& x : all)
    if (x.age / 1'000 >= first)
      sum += static_cast<double>(x.tokens);
  return sum / (static_cast<double>(age - first * 1'000) / 1'000);
}

bool near(double a, double b) {
  return std::abs(a - b) <= 1e-9 * std::max(1.0, std::abs(b));
}

} // namespace

TEST_CASE("the rate is that of the stream's last ten seconds, pauses cut out") {
  holds(
    [] {
      auto start = pick<std::int64_t>(0, 1'000'000);
      tokens_floor it{at(start)};
      std::vector<arrival> all;
      auto now = start;
      std::int64_t paused = 0;
      for (auto word : tape(300)) {
        auto arg = word / 8;
        switch (word % 8) {
          case 0: { // a pause, told at its end
            auto length = arg % 5'000;
            it.pause(at(now), at(now + length));
            now += length;
            paused += length;
            break;
          }
          case 1:
            now += arg % 4'000;
            break;
          case 2: {
            auto age = now - start - paused;
            auto rate = it.rate(at(now));
            RC_ASSERT(rate.has_value() == (age >= 10'000));
            if (rate)
              RC_ASSERT(near(*rate, expected(all, age)));
            break;
          }
          default:
            now += arg % 300;
            it.add(arg % 50, at(now));
            all.push_back({now - start - paused, arg % 50});
        }
      }
    },
    500);
}

TEST_CASE("a steady stream has its own rate") {
  holds([] {
    auto tokens = pick<std::uint64_t>(1, 100);
    tokens_floor it{at(0)};
    std::int64_t now = 0;
    for (; now < 30'000; now += 100)
      it.add(tokens, at(now));
    auto rate = it.rate(at(now));
    RC_ASSERT(rate.has_value());
    RC_ASSERT(near(*rate, 10.0 * static_cast<double>(tokens)));
  });
}

TEST_CASE("nothing is said before ten seconds have been seen, and a silent "
          "stream has no rate after") {
  tokens_floor it{at(500)};
  CHECK_FALSE(it.rate(at(10'499)));
  auto rate = it.rate(at(10'500));
  REQUIRE(rate);
  CHECK(*rate == 0);
}

TEST_CASE("a burst is forgotten when it is ten seconds old, a long silence "
          "after it leaves nothing") {
  tokens_floor it{at(0)};
  it.add(900, at(1'500));
  CHECK(it.rate(at(10'000)) == 100.0);
  CHECK(it.rate(at(10'500)) == 900 / 9.5);
  CHECK(it.rate(at(11'000)) == 0.0);
  it.add(900, at(1'000'000));
  CHECK(it.rate(at(1'000'000)) == 100.0);
}

TEST_CASE("a pause that is told in pieces, or twice, counts once") {
  tokens_floor it{at(0)};
  it.add(100, at(0));
  SECTION("in pieces") {
    for (int i = 0; i < 100; ++i)
      it.pause(at(1'000 + i * 100), at(1'100 + i * 100));
  }
  SECTION("pieces that overlap") {
    it.pause(at(1'000), at(9'000));
    it.pause(at(3'000), at(4'000));
    it.pause(at(5'000), at(11'000));
  }
  SECTION("twice") {
    it.pause(at(1'000), at(11'000));
    it.pause(at(1'000), at(11'000));
  }
  SECTION("turned round is none") {
    it.pause(at(1'000), at(11'000));
    it.pause(at(13'000), at(12'000));
  }
  CHECK_FALSE(it.rate(at(19'999)));
  CHECK(it.rate(at(20'000)).has_value());
}

TEST_CASE("what was paused before the stream began is not cut out") {
  tokens_floor it{at(10'000)};
  it.pause(at(0), at(12'000));
  CHECK_FALSE(it.rate(at(21'999)));
  CHECK(it.rate(at(22'000)).has_value());
}

TEST_CASE("tokens that came within a pause told a little later count for the "
          "second that was thought to be current") {
  tokens_floor it{at(0)};
  it.add(1, at(0));
  it.add(90, at(11'010));
  it.pause(at(10'990), at(11'020));   // the stream is 10.99 s old
  CHECK(it.rate(at(11'020)) == 10.0); // 9 s and none of the 11th
}
