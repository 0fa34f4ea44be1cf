#include "actors/telemetry/metrics.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <set>
#include <thread>

#include "actors/telemetry/families.hpp"
#include "tests/laws/property.hpp"

using namespace caisson;
using namespace caisson::laws;
using metrics::registry;

namespace {

constexpr auto bounds = std::to_array<double>({0.001, 0.01, 0.1});
const metrics::family hits{"hits", "", metrics::kind::counter, {"where"}, {}};
const metrics::family took{
  "took", "", metrics::kind::histogram, {"where"}, bounds};
const metrics::family level{"level", "", metrics::kind::gauge, {}, {}};

template <class Body>
void on_eight_threads(Body body) {
  std::vector<std::thread> all;
  for (int i = 0; i < 8; ++i)
    all.emplace_back(body);
  for (auto& one : all)
    one.join();
}

} // namespace

TEST_CASE("counts of eight threads add up exactly") {
  registry home;
  auto one = home.counter(hits, {"a"});
  auto other = home.counter(hits, {"b"});
  on_eight_threads([&] {
    auto mine = home.counter(hits, {"a"}); // the same cells
    for (int i = 0; i < 100'000; ++i) {
      one.add();
      other.add(3);
    }
    mine.add(7);
  });
  auto seen = home.scrape();
  REQUIRE(seen.size() == 2);
  CHECK(seen[0].labels == std::vector<std::string>{"a"});
  CHECK(seen[0].value == 8 * 100'007);
  CHECK(seen[1].value == 8 * 300'000);
}

TEST_CASE("threads beyond the eighth share sheets and lose nothing") {
  registry home;
  auto one = home.counter(hits, {"a"});
  for (int round = 0; round < 3; ++round)
    on_eight_threads([&] {
      for (int i = 0; i < 10'000; ++i)
        one.add();
    });
  CHECK(home.scrape().front().value == 240'000);
}

TEST_CASE("observations of eight threads add up in buckets and sum") {
  registry home;
  auto it = home.histogram(took, {"a"});
  on_eight_threads([&] {
    for (int i = 0; i < 10'000; ++i)
      it.observe(millis{i % 2 ? 5 : 500});
  });
  auto seen = home.scrape().front();
  CHECK(seen.buckets == std::vector<std::uint64_t>{0, 40'000, 0, 40'000});
  CHECK(std::abs(seen.sum - 40'000 * 0.505) < 1e-6);
}

TEST_CASE("an observation falls into the first bucket that it does not "
          "exceed") {
  registry home;
  auto it = home.histogram(took, {"a"});
  for (auto micros : {0, 999, 1'000, 1'001, 10'000, 99'999, 100'001, 9'000'000})
    it.observe(std::chrono::microseconds{micros});
  CHECK(home.scrape().front().buckets
        == std::vector<std::uint64_t>{3, 2, 1, 2});
}

TEST_CASE("every observation is in exactly one bucket") {
  holds([] {
    registry home;
    auto it = home.histogram(took, {"a"});
    auto all = tape();
    for (auto word : all)
      it.observe(std::chrono::microseconds{word});
    auto seen = home.scrape();
    std::uint64_t sum = 0;
    for (auto x : seen.front().buckets)
      sum += x;
    RC_ASSERT(sum == all.size());
  });
}

TEST_CASE("a handle that was never made counts nowhere") {
  metrics::counter none;
  none.add();
  metrics::histogram neither;
  neither.observe(millis{1});
  SUCCEED();
}

TEST_CASE("a scrape groups samples by family") {
  registry home;
  home.counter(hits, {"a"});
  home.histogram(took, {"a"});
  home.counter(hits, {"b"});
  std::vector<std::string_view> names;
  for (auto& x : home.scrape())
    names.push_back(x.of->name);
  CHECK(names == std::vector<std::string_view>{"hits", "hits", "took"});
}

TEST_CASE("a collector is asked at each scrape while its owner lives") {
  registry home;
  auto owner = std::make_shared<int>(0);
  home.collect(
    owner, [&](const metrics::sink& put) { put({&level, {}, 42.0, {}, 0}); });
  REQUIRE(home.scrape().size() == 1);
  CHECK(home.scrape().front().value == 42.0);
  owner = nullptr;
  CHECK(home.scrape().empty());
}

TEST_CASE("what has no room any more is dropped, and harms nothing else") {
  registry home;
  auto first = home.counter(hits, {"first"});
  for (int i = 0; i < 17'000; ++i)
    home.counter(hits, {"flood " + std::to_string(i)}).add();
  auto late = home.histogram(took, {"late"});
  late.observe(millis{1});
  first.add(5);
  auto seen = home.scrape();
  CHECK(seen.size() == 16'383);
  for (auto& x : seen)
    REQUIRE(x.value == (x.labels.front() == "first" ? 5 : 1));
}

TEST_CASE("no two families share a name, and every histogram has bounds") {
  using namespace families;
  std::set<std::string_view> names;
  for (auto* x : {&breaker_state,
                  &breaker_failures,
                  &breaker_successes,
                  &breaker_transitions,
                  &breaker_refusals,
                  &retry_attempts,
                  &retry_exhausted,
                  &retry_success,
                  &retry_budget_exhausted,
                  &timeout_violations,
                  &bulkhead_rejections,
                  &bulkhead_active,
                  &bulkhead_queue,
                  &bulkhead_wait,
                  &fallback_used,
                  &cancellations,
                  &mailbox_depth,
                  &messages_processed,
                  &actor_restarts,
                  &escalations,
                  &http_requests,
                  &http_duration,
                  &http_connections,
                  &http_shed,
                  &errors,
                  &llm_requests,
                  &llm_duration,
                  &llm_first_token,
                  &llm_tokens,
                  &config_reloads,
                  &build_info,
                  &process_start,
                  &process_cpu,
                  &process_memory,
                  &process_fds,
                  &process_max_fds}) {
    INFO(x->name);
    CHECK(names.insert(x->name).second);
    CHECK((x->kind == metrics::kind::histogram) == !x->bounds.empty());
    CHECK(std::is_sorted(x->bounds.begin(), x->bounds.end()));
    CHECK_FALSE(x->help.empty());
  }
}
