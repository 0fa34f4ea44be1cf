#include "actors/policies/outcome_window.hpp"

#include <algorithm>
#include <deque>

#include "tests/laws/property.hpp"

using namespace caisson;
using namespace caisson::laws;

TEST_CASE("the window's shares are those of its last outcomes") {
  holds([] {
    auto size = pick<std::uint32_t>(1, 60);
    outcome_window it{size};
    std::deque<std::pair<bool, bool>> last;
    for (auto word : tape(300)) {
      if (word % 97 == 0) {
        it.clear();
        last.clear();
      }
      last.push_back({word % 2 == 0, word % 3 == 0});
      it.add(last.back().first, last.back().second);
      if (last.size() > size)
        last.pop_front();
      auto count = static_cast<double>(last.size());
      auto failed = static_cast<double>(std::count_if(
        last.begin(), last.end(), [](auto& x) { return x.first; }));
      auto slow = static_cast<double>(std::count_if(
        last.begin(), last.end(), [](auto& x) { return x.second; }));
      RC_ASSERT(it.failure_rate() == failed / count);
      RC_ASSERT(it.slow_rate() == slow / count);
      RC_ASSERT(it.full() == (last.size() == size));
    }
  });
}

TEST_CASE("an empty window has no shares and is not full") {
  outcome_window it{3};
  CHECK(it.failure_rate() == 0);
  CHECK(it.slow_rate() == 0);
  CHECK_FALSE(it.full());
}

TEST_CASE("a window of none is a window of one") {
  outcome_window it{0};
  it.add(true, false);
  CHECK(it.full());
  CHECK(it.failure_rate() == 1);
  it.add(false, false);
  CHECK(it.failure_rate() == 0);
}
