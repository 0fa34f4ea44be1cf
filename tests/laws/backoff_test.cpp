#include "actors/policies/backoff.hpp"

#include <algorithm>
#include <cmath>
#include <set>

#include "tests/laws/property.hpp"

using namespace caisson;
using namespace caisson::laws;

namespace {

retry_settings settings_of(jitter_kind jitter, std::int64_t base = 1'000,
                           std::int64_t cap = 10'000) {
  retry_settings result;
  result.base = millis{base};
  result.cap = millis{cap};
  result.jitter = jitter;
  return result;
}

std::int64_t ceiling(const retry_settings& of, std::uint32_t n) {
  auto exact = of.base.count() * std::pow(2.0, n - 1);
  return exact > of.cap.count() ? of.cap.count()
                                : static_cast<std::int64_t>(exact);
}

/// Ten thousand delays before the n-th retry, as shares of the ceiling.
std::vector<double> shares(std::uint64_t seed, std::uint32_t n) {
  auto settings = settings_of(jitter_kind::full, 10'000, 1'000'000);
  random_source random{seed};
  std::vector<double> result;
  for (int i = 0; i < 10'000; ++i)
    result.push_back(backoff_delay(settings, n, millis{0}, random).count()
                     / static_cast<double>(ceiling(settings, n)));
  return result;
}

} // namespace

TEST_CASE("R2: with full jitter the n-th delay lies in [0, min(cap, base * "
          "2^(n-1))]") {
  holds([] {
    auto settings
      = settings_of(jitter_kind::full, pick(1, 5'000), pick(1, 100'000));
    auto n = pick<std::uint32_t>(1, 200);
    random_source random{pick<std::uint64_t>(0, 1u << 30)};
    for (int i = 0; i < 20; ++i) {
      auto delay = backoff_delay(settings, n, millis{0}, random).count();
      RC_ASSERT(delay >= 0);
      RC_ASSERT(delay <= ceiling(settings, n));
    }
  });
}

TEST_CASE("R2: full jitter is uniform (Kolmogorov-Smirnov, n = 10000, alpha = "
          "0.000001)") {
  for (std::uint32_t n : {1u, 3u}) {
    auto seen = shares(42, n);
    std::sort(seen.begin(), seen.end());
    auto count = static_cast<double>(seen.size());
    double distance = 0;
    for (std::size_t i = 0; i < seen.size(); ++i) {
      auto rank = static_cast<double>(i);
      distance = std::max(distance, std::abs(seen[i] - rank / count));
      distance = std::max(distance, std::abs(seen[i] - (rank + 1) / count));
    }
    CHECK(distance < std::sqrt(std::log(2 / 1e-6) / 2 / count));
  }
}

TEST_CASE("R2: two nodes with different seeds do not retry in step") {
  auto one = shares(1, 1);
  auto other = shares(2, 1);
  double sum = 0;
  for (std::size_t i = 0; i < one.size(); ++i)
    sum += (one[i] - 0.5) * (other[i] - 0.5);
  auto correlation = sum / static_cast<double>(one.size()) * 12;
  CHECK(std::abs(correlation) < 0.05); // five standard deviations
}

TEST_CASE("R2: without jitter the delays double up to the cap and stay there") {
  auto settings = settings_of(jitter_kind::none);
  random_source random{1};
  std::vector<std::int64_t> delays;
  for (std::uint32_t n : {1u, 2u, 3u, 4u, 5u, 64u, 4'000'000'000u})
    delays.push_back(backoff_delay(settings, n, millis{0}, random).count());
  CHECK(delays
        == std::vector<std::int64_t>{1'000, 2'000, 4'000, 8'000, 10'000, 10'000,
                                     10'000});
}

TEST_CASE("R2: decorrelated delays lie in [base, 3 * previous], under the "
          "cap") {
  holds([] {
    auto base = pick(1, 2'000);
    auto settings
      = settings_of(jitter_kind::decorrelated, base, pick(base, 50'000));
    random_source random{pick<std::uint64_t>(0, 1u << 30)};
    millis previous{0};
    for (std::uint32_t n = 1; n < 30; ++n) {
      auto delay = backoff_delay(settings, n, previous, random);
      RC_ASSERT(delay >= settings.base);
      RC_ASSERT(delay <= settings.cap);
      RC_ASSERT(delay <= std::max(settings.base, previous * 3));
      previous = delay;
    }
  });
}

TEST_CASE("R2: decorrelated delays use all of [base, 3 * previous]") {
  auto settings = settings_of(jitter_kind::decorrelated, 100, 1'000'000);
  random_source random{3};
  std::set<std::int64_t> seen;
  for (int i = 0; i < 20'000; ++i)
    seen.insert(backoff_delay(settings, 2, millis{200}, random).count());
  CHECK(seen.size() == 501); // each of 100 to 600
  CHECK(*seen.begin() == 100);
  CHECK(*seen.rbegin() == 600);
}

TEST_CASE("R2: full jitter may be nothing and may be all") {
  auto settings = settings_of(jitter_kind::full, 1, 2);
  random_source random{3};
  std::set<std::int64_t> seen;
  for (int i = 0; i < 1'000; ++i)
    seen.insert(backoff_delay(settings, 5, millis{0}, random).count());
  CHECK(seen == std::set<std::int64_t>{0, 1, 2});
}

TEST_CASE("R2: delays double twenty times and no more, whatever the cap") {
  auto settings = settings_of(jitter_kind::none, 1, 1'000'000'000'000);
  random_source random{1};
  auto delay = [&](std::uint32_t n) {
    return backoff_delay(settings, n, millis{0}, random).count();
  };
  CHECK(delay(0) == 1); // no retry yet: as before the first
  CHECK(delay(1) == 1);
  CHECK(delay(20) == 1 << 19);
  CHECK(delay(21) == 1 << 20);
  CHECK(delay(22) == 1 << 20);
  CHECK(delay(4'000'000'000) == 1 << 20);
}

TEST_CASE("the same seed gives the same delays") {
  CHECK(shares(7, 2) == shares(7, 2));
}
