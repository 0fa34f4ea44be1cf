#include "actors/policies/fair_queue.hpp"

#include <algorithm>
#include <list>
#include <map>
#include <memory>
#include <numeric>

#include "tests/laws/property.hpp"

using namespace caisson;
using namespace caisson::laws;

namespace {

struct item {
  std::uint64_t caller;
  int number;
  bool operator==(const item&) const = default;
};

/// What the queue is meant to be, by search in plain lists: who was served
/// longest ago is next.
class reference {
public:
  void push(item x) {
    if (std::ranges::find(turns_, x.caller) == turns_.end())
      turns_.push_back(x.caller);
    all_.push_back(x);
  }

  item front() const {
    return *std::ranges::find(all_, turns_.front(), &item::caller);
  }

  item pop() {
    auto one = front();
    std::erase(all_, one);
    turns_.pop_front();
    if (has(one.caller))
      turns_.push_back(one.caller);
    return one;
  }

  template <class Predicate>
  void erase_if(Predicate drop) {
    std::erase_if(all_, drop);
    std::erase_if(turns_, [this](auto who) { return !has(who); });
  }

  bool has(std::uint64_t who) const {
    return std::ranges::find(all_, who, &item::caller) != all_.end();
  }

  std::size_t size() const { return all_.size(); }
  std::size_t callers() const { return turns_.size(); }

private:
  std::list<std::uint64_t> turns_;
  std::list<item> all_;
};

double jain(const std::vector<double>& shares) {
  auto sum = std::accumulate(shares.begin(), shares.end(), 0.0);
  auto squares
    = std::inner_product(shares.begin(), shares.end(), shares.begin(), 0.0);
  return sum * sum / (static_cast<double>(shares.size()) * squares);
}

} // namespace

TEST_CASE("Q5: the fair queue serves as its reference model does, whatever is "
          "pushed, popped and erased") {
  holds(
    [] {
      fair_queue<item> real;
      reference ideal;
      int number = 0;
      for (auto word : tape(300)) {
        auto arg = word / 8;
        switch (word % 8) {
          case 0: {
            auto drop = [=](auto& x) { return (x.number + arg) % 3 == 0; };
            real.erase_if(drop);
            ideal.erase_if(drop);
            break;
          }
          case 1:
          case 2:
          case 3:
            if (ideal.size() > 0)
              RC_ASSERT(real.pop() == ideal.pop());
            break;
          default: {
            item one{arg % 4, number++};
            real.push(one.caller, one);
            ideal.push(one);
          }
        }
        RC_ASSERT(real.size() == ideal.size());
        RC_ASSERT(real.empty() == (ideal.size() == 0));
        RC_ASSERT(real.callers() == ideal.callers());
        if (!real.empty())
          RC_ASSERT(real.front() == ideal.front());
      }
      for (auto& one : real.take_all())
        RC_ASSERT(one == ideal.pop());
      RC_ASSERT(ideal.size() == 0u);
      RC_ASSERT(real.empty());
      RC_ASSERT(real.callers() == 0u);
    },
    500);
}

TEST_CASE("Q5: two that saturate the queue share 1 000 grants evenly, however "
          "differently they push") {
  holds([] {
    auto ratio = pick(1, 101);
    fair_queue<int> it;
    std::vector<double> grants(2);
    auto push = [&](int who, int times) {
      for (int i = 0; i < times; ++i)
        it.push(who, who);
    };
    push(0, ratio);
    push(1, 1);
    for (int i = 0; i < 1'000; ++i) {
      auto who = it.pop();
      ++grants[who];
      // Both keep something waiting; one of them much more.
      push(who, who == 0 ? 1 + (pick(0, 10) == 0 ? ratio : 0) : 1);
    }
    RC_ASSERT(jain(grants) >= 0.95);
  });
}

TEST_CASE("Q5: who comes after a burst of another waits for one grant, not for "
          "the burst") {
  holds([] {
    auto burst = pick(1, 1'000);
    fair_queue<int> it;
    for (int i = 0; i < burst; ++i)
      it.push(7, 0);
    it.push(8, 1);
    auto first = it.pop();
    auto second = it.pop();
    RC_ASSERT(first == 0);
    RC_ASSERT(second == 1);
  });
}

TEST_CASE("a push does not change whose turn it is") {
  fair_queue<int> it;
  it.push(2, 20);
  auto* seen = &it.front();
  it.push(1, 10);
  it.push(2, 21);
  CHECK(&it.front() == seen);
  CHECK(it.pop() == 20);
  CHECK(it.pop() == 10);
  CHECK(it.pop() == 21);
}

TEST_CASE("entries may be what cannot be copied, and erasing asks once of "
          "each") {
  fair_queue<std::unique_ptr<int>> it;
  for (int i = 0; i < 6; ++i)
    it.push(i % 2, std::make_unique<int>(i));
  std::map<int, int> asked;
  it.erase_if([&](auto& x) { return ++asked[*x] > 0 && *x < 2; });
  CHECK(asked.size() == 6);
  CHECK(std::ranges::all_of(asked, [](auto& x) { return x.second == 1; }));
  std::vector<int> left;
  for (auto& x : it.take_all())
    left.push_back(*x);
  CHECK(left == std::vector{2, 3, 4, 5});
}
