#include "server/http/door.hpp"

#include "tests/support/catch.hpp"

#include <thread>

using namespace caisson;

TEST_CASE("who shuts a door sees everybody inside, and lets nobody in") {
  for (int round = 0; round < 200; ++round) {
    metrics::registry metrics;
    door it{"test", {}, {}, metrics};
    std::atomic<int> entered{0};
    std::vector<std::thread> all;
    for (int number = 0; number < 2; ++number)
      all.emplace_back([&] {
        while (it.enter()) {
          ++entered;
          --it.active;
        }
      });
    while (entered < 10)
      std::this_thread::yield();
    while (!it.shut())
      std::this_thread::yield();
    auto seen = entered.load();
    for (auto& one : all)
      one.join();
    CHECK(entered == seen);
    CHECK(it.active == 0);
    CHECK_FALSE(it.enter());
  }
}
