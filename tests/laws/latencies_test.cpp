#include "actors/dependency/latencies.hpp"

#include <thread>

#include "tests/laws/property.hpp"

using namespace caisson;
using namespace caisson::laws;

TEST_CASE("without samples there are no quantiles") {
  latencies it;
  CHECK(it.quantiles({0.5, 0.99}).empty());
}

TEST_CASE("quantiles come in milliseconds and in the order asked") {
  latencies it;
  for (int i = 100; i >= 0; --i)
    it.add(millis{i});
  CHECK(it.quantiles({1.0, 0.5, 0.0})
        == std::vector<double>{100.0, 50.0, 0.001});
}

TEST_CASE("only the last 512 durations count") {
  latencies it;
  for (int i = 0; i < 1'000; ++i)
    it.add(std::chrono::hours{1});
  for (int i = 0; i < 511; ++i)
    it.add(millis{2});
  CHECK(it.quantiles({0.0, 1.0}) == std::vector<double>{2.0, 3'600'000.0});
  it.add(millis{2});
  CHECK(it.quantiles({1.0}) == std::vector<double>{2.0});
}

TEST_CASE("a duration beyond all bounds is clamped, never wrapped") {
  latencies it;
  it.add(std::chrono::hours{100});
  CHECK(it.quantiles({1.0}).front() == UINT32_MAX / 1000.0);
  it.add(std::chrono::nanoseconds{-5});
  CHECK(it.quantiles({0.0}).front() == 0.001);
}

TEST_CASE("a quantile lies between the least and the greatest sample and "
          "grows with what is asked") {
  holds([] {
    latencies it;
    for (auto word : tape(600))
      it.add(std::chrono::microseconds{word + 1});
    auto all = it.quantiles({0.0, 0.25, 0.5, 0.9, 0.99, 1.0});
    RC_ASSERT(std::is_sorted(all.begin(), all.end()));
  });
}

TEST_CASE("eight threads may write while one reads") {
  latencies it;
  std::vector<std::thread> writers;
  for (int i = 0; i < 8; ++i)
    writers.emplace_back([&it, i] {
      for (int n = 0; n < 10'000; ++n)
        it.add(millis{i + 1});
    });
  for (int n = 0; n < 50; ++n)
    for (auto x : it.quantiles({0.0, 1.0}))
      CHECK((x >= 1.0 && x <= 8.0));
  for (auto& one : writers)
    one.join();
  auto ends = it.quantiles({0.0, 1.0});
  REQUIRE(ends.size() == 2);
  CHECK(ends[0] >= 1.0);
  CHECK(ends[1] <= 8.0);
}
