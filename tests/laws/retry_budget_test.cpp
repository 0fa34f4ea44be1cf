#include "actors/policies/retry_budget.hpp"

#include <algorithm>

#include "tests/laws/property.hpp"

using namespace caisson;
using namespace caisson::laws;

namespace {

/// What happened, for counting over any 10 s.
struct log_book {
  std::vector<std::int64_t> calls;
  std::vector<std::int64_t> retries;
};

/// How many lie within the 10 s that end at `now`.
std::int64_t recent(const std::vector<std::int64_t>& of, std::int64_t now) {
  auto first = std::upper_bound(of.begin(), of.end(), now - 10'000);
  return of.end() - first;
}

} // namespace

TEST_CASE("R5: in the 10 s up to any retry, retries are within the share of "
          "the calls or 30") {
  holds([] {
    auto share = pick(0, 101) / 100.0;
    retry_budget it{share};
    log_book seen;
    auto now = pick<std::int64_t>(0, 100'000);
    for (auto word : tape(600)) {
      now += word % 16 == 0 ? word / 16 % 4'000 : word / 16 % 30;
      for (std::uint32_t i = 0; i < word % 7; ++i) {
        it.deposit(at(now));
        seen.calls.push_back(now);
      }
      for (std::uint32_t i = 0; i < word % 5; ++i)
        if (it.withdraw(at(now)))
          seen.retries.push_back(now);
      auto bound
        = std::max(30.0, share * static_cast<double>(recent(seen.calls, now)));
      if (!seen.retries.empty() && seen.retries.back() == now)
        RC_ASSERT(static_cast<double>(recent(seen.retries, now)) <= bound);
    }
  });
}

TEST_CASE("R5: when all fails, the load is at most 1.2 times what was "
          "offered") {
  retry_budget it{0.2};
  std::uint64_t retries = 0;
  constexpr std::uint64_t calls = 60'000;
  for (std::uint64_t i = 0; i < calls; ++i) { // 1000 a second for a minute
    auto now = at(static_cast<std::int64_t>(i));
    it.deposit(now);
    retries += it.withdraw(now);
    retries += it.withdraw(now);
  }
  CHECK(retries <= calls / 5);
  CHECK(retries >= calls / 7);
}

TEST_CASE("R5: a quiet dependency may retry three times a second, up to 30 in "
          "any ten seconds") {
  retry_budget it{0.0};
  for (int second = 0; second < 60; ++second) {
    INFO(second << " s");
    // Ten seconds hold 30; the eleventh, partial one is counted too.
    auto allowed = second % 11 < 10;
    for (int i = 0; i < 3; ++i)
      CHECK(it.withdraw(at(second * 1'000 + i)) == allowed);
    CHECK_FALSE(it.withdraw(at(second * 1'000 + 999)));
  }
}

TEST_CASE("R5: what was spent comes back after ten seconds") {
  retry_budget it{0.1};
  for (int i = 0; i < 1'000; ++i)
    it.deposit(at(500));
  for (int i = 0; i < 100; ++i)
    CHECK(it.withdraw(at(500)));
  CHECK_FALSE(it.withdraw(at(500)));
  CHECK_FALSE(it.withdraw(at(10'499)));
  CHECK(it.withdraw(at(11'000)));
}

TEST_CASE("R5: a long pause leaves nothing behind") {
  retry_budget it{0.2};
  for (int i = 0; i < 3; ++i)
    (void)it.withdraw(at(0));
  for (int i = 0; i < 3; ++i)
    CHECK(it.withdraw(at(1'000'000'000)));
  CHECK_FALSE(it.withdraw(at(1'000'000'000)));
}

TEST_CASE("R5: a new share holds at once") {
  retry_budget it{0.0};
  for (int i = 0; i < 1'000; ++i)
    it.deposit(at(0));
  for (int i = 0; i < 3; ++i)
    (void)it.withdraw(at(0));
  CHECK_FALSE(it.withdraw(at(0)));
  it.set_share(0.004);
  CHECK(it.withdraw(at(0)));
  CHECK_FALSE(it.withdraw(at(0)));
}

TEST_CASE("R5: calls count for the second in which they come, whenever the "
          "last one was") {
  retry_budget it{0.1};
  for (int i = 0; i < 1'000; ++i)
    it.deposit(at(100'000));
  for (int i = 0; i < 100; ++i)
    CHECK(it.withdraw(at(100'000)));
  CHECK_FALSE(it.withdraw(at(100'000)));
}
