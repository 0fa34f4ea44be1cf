#include "actors/policies/fair_share.hpp"

#include <algorithm>
#include <cmath>
#include <functional>
#include <map>
#include <random>
#include <set>
#include <thread>

#include "tests/laws/property.hpp"

using namespace caisson;
using namespace caisson::laws;

namespace {

/// Callers that do not meet in a bucket: what one does is not seen in another.
std::vector<std::uint64_t> apart(std::size_t wanted) {
  std::vector<std::uint64_t> result;
  for (std::uint64_t key = 0; result.size() < wanted; ++key) {
    fair_share probe;
    probe.enter(key);
    auto meets = [&](auto other) { return probe.waiting(other) > 0; };
    if (std::ranges::none_of(result, meets))
      result.push_back(key);
  }
  return result;
}

/// A shared queue as its callers use it.
struct shared_queue {
  explicit shared_queue(std::uint32_t places) : queue(places) {}

  bool ask(std::uint64_t who, std::int64_t now) {
    if (!shares.may_wait(who, queue, at(now)) || held >= queue)
      return false;
    shares.enter(who);
    ++held;
    return true;
  }

  void grant(std::uint64_t who) {
    shares.leave(who);
    --held;
  }

  fair_share shares;
  std::uint32_t queue;
  std::uint32_t held = 0;
};

} // namespace

TEST_CASE("Q5: who may wait is who holds less than the queue by the callers "
          "that wanted a place of late") {
  holds(
    [] {
      static const auto keys = apart(6);
      auto queue = pick<std::uint32_t>(0, 30);
      fair_share it;
      std::map<std::uint64_t, std::uint32_t> held;
      std::map<std::uint64_t, std::int64_t> wanted;
      auto now = pick<std::int64_t>(0, 100'000);
      for (auto word : tape(300)) {
        auto who = keys[word / 16 % keys.size()];
        if (word % 16 < 3)
          now += word / 16 % 700;
        if (word % 3 == 0 && held[who] > 0) {
          it.leave(who);
          --held[who];
        } else {
          wanted[who] = now;
          auto active = std::ranges::count_if(keys, [&](auto x) {
            return held[x] > 0
                   || (wanted.contains(x) && now - wanted[x] <= 2'000);
          });
          auto may = held[who] < queue / static_cast<double>(active);
          RC_ASSERT(it.may_wait(who, queue, at(now)) == may);
          if (may) {
            it.enter(who);
            ++held[who];
          }
        }
        RC_ASSERT(it.waiting(who) == held[who]);
      }
    },
    500);
}

TEST_CASE("Q5: a lone caller may fill the queue, and no more") {
  shared_queue it{100};
  for (int i = 0; i < 100; ++i)
    CHECK(it.ask(1, 0));
  CHECK_FALSE(it.shares.may_wait(1, 100, at(0)));
}

TEST_CASE("Q5: where nobody may wait, nobody may") {
  fair_share it;
  CHECK_FALSE(it.may_wait(1, 0, at(0)));
}

TEST_CASE("Q5: when one has filled the queue, another gets in as soon as there "
          "is room, and the first not before it is down to its share") {
  static const auto keys = apart(2);
  auto a = keys[0], b = keys[1];
  shared_queue it{100};
  while (it.ask(a, 0)) {
    // fill it
  }
  REQUIRE(it.held == 100);
  CHECK_FALSE(it.ask(b, 1)); // full, but now b is known to want
  std::uint32_t b_holds = 0;
  for (int left = 99; left >= 50; --left) {
    it.grant(a);
    CHECK_FALSE(it.ask(a, 2));
    CHECK(it.ask(b, 2));
    ++b_holds;
  }
  CHECK(it.shares.waiting(a) == 50);
  CHECK(b_holds == 50);
  it.grant(a);
  CHECK_FALSE(it.ask(b, 3)); // b is at its share as well
  CHECK(it.ask(a, 3));
}

TEST_CASE("Q5: with more callers than places each may hold one") {
  static const auto keys = apart(20);
  fair_share it;
  for (auto key : keys)
    (void)it.may_wait(key, 4, at(0));
  CHECK(it.may_wait(keys[0], 4, at(0)));
  it.enter(keys[0]);
  CHECK_FALSE(it.may_wait(keys[0], 4, at(0)));
  CHECK(it.may_wait(keys[1], 4, at(0)));
}

TEST_CASE(
  "Q5: who has wanted nothing for two seconds no longer takes a share") {
  static const auto keys = apart(2);
  shared_queue it{10};
  for (int i = 0; i < 5; ++i)
    CHECK(it.ask(keys[0], 0));
  (void)it.shares.may_wait(keys[1], 10, at(0));
  CHECK_FALSE(it.ask(keys[0], 2'000));
  CHECK(it.ask(keys[0], 2'001));
}

TEST_CASE("neighbours, and keys that differ in few bits, fall into many "
          "buckets") {
  for (std::uint64_t stride : {1ull, 256ull, 1ull << 32, 1ull << 56}) {
    INFO("stride " << stride);
    fair_share it;
    std::size_t met = 0;
    for (std::uint64_t i = 0; i < 64; ++i) {
      met += it.waiting(i * stride) > 0;
      it.enter(i * stride);
    }
    CHECK(met < 32); // at random: 7
  }
}

TEST_CASE("Q3, TSan: eight threads that come and go leave every count at "
          "zero") {
  fair_share it;
  constexpr std::uint32_t queue = 64;
  std::vector<std::thread> all;
  for (int t = 0; t < 8; ++t)
    all.emplace_back([&, t] {
      std::minstd_rand random(static_cast<unsigned>(t) + 1);
      std::vector<std::uint64_t> mine;
      for (int i = 0; i < 20'000; ++i) {
        auto key = random() % 16;
        if (random() % 2 && it.may_wait(key, queue, at(i / 10))) {
          it.enter(key);
          mine.push_back(key);
        } else if (!mine.empty()) {
          it.leave(mine.back());
          mine.pop_back();
        }
      }
      for (auto key : mine)
        it.leave(key);
    });
  for (auto& one : all)
    one.join();
  for (std::uint64_t key = 0; key < 16; ++key)
    CHECK(it.waiting(key) == 0);
}

TEST_CASE("Q2: however many threads ask for one caller at a time, it holds at "
          "most the bound and one for each thread more") {
  fair_share it;
  constexpr std::uint32_t queue = 8;
  std::atomic<std::uint32_t> most{0};
  std::vector<std::thread> all;
  for (int t = 0; t < 8; ++t)
    all.emplace_back([&] {
      for (int i = 0; i < 5'000; ++i) {
        if (!it.may_wait(1, queue, at(0)))
          continue;
        it.enter(1);
        auto seen = it.waiting(1);
        auto top = most.load();
        while (top < seen && !most.compare_exchange_weak(top, seen)) {
          // again
        }
        it.leave(1);
      }
    });
  for (auto& one : all)
    one.join();
  CHECK(most <= queue + 7);
  CHECK(it.waiting(1) == 0);
}

TEST_CASE("Q5: callers are told apart by 256 buckets, all of them used") {
  constexpr std::uint64_t callers = 20'000;
  fair_share it;
  for (std::uint64_t key = 0; key < callers; ++key)
    it.enter(key);
  // Each of the n callers of a bucket brings an n-th of it.
  double buckets = 0;
  for (std::uint64_t key = 0; key < callers; ++key)
    buckets += 1.0 / it.waiting(key);
  CHECK(std::lround(buckets) == 256);
}
