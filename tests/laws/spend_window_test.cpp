#include "actors/policies/spend_window.hpp"

#include <numeric>

#include "tests/laws/property.hpp"

using namespace caisson;
using namespace caisson::laws;

namespace {

/// Every unit that was admitted, with its moment: what the window abridges.
struct log_model {
  struct entry {
    std::uint64_t amount;
    std::int64_t when;
  };
  std::vector<entry> all;

  /// What was spent in the span of so many milliseconds that ends at `now`, its
  /// far end not included.
  std::uint64_t within(std::int64_t span, std::int64_t now) const {
    std::uint64_t sum = 0;
    for (auto& x : all)
      if (x.when > now - span && x.when <= now)
        sum += x.amount;
    return sum;
  }

  /// The most in any span: it suffices to end one at each admission.
  std::uint64_t worst(std::int64_t span) const {
    std::uint64_t most = 0;
    for (auto& x : all)
      most = std::max(most, within(span, x.when));
    return most;
  }
};

/// Steps that are mostly short, sometimes about a span, sometimes none.
std::int64_t step(std::uint32_t word, std::int64_t span) {
  switch (word % 5) {
    case 0:
      return 0;
    case 1:
      return word / 5 % (span + 2);
    default:
      return word / 5 % (span / 20 + 2);
  }
}

spend_limit limit_of(std::uint64_t most, std::int64_t span) {
  return {most, millis{span}};
}

} // namespace

TEST_CASE("T1: in no span, wherever it is laid, is more admitted than the "
          "limit") {
  holds(
    [] {
      auto most = pick<std::uint64_t>(1, 400);
      auto span = pick<std::int64_t>(1, 2'000);
      auto of = limit_of(most, span);
      spend_window it;
      log_model model;
      std::int64_t now = 0;
      for (auto word : tape(400)) {
        now += step(word, span);
        auto cost = word % 7 == 0 ? 1 + word / 7 % most : 1;
        if (!it.fits(of, cost, at(now)))
          continue;
        it.spend(of, cost, at(now));
        model.all.push_back({cost, now});
      }
      RC_ASSERT(model.worst(span) <= most);
    },
    500);
}

TEST_CASE("T4: nobody is refused who has used less than N - N/60, and a quiet "
          "client may spend N at once") {
  holds(
    [] {
      auto most = pick<std::uint64_t>(1, 400);
      auto span = pick<std::int64_t>(1, 2'000);
      auto of = limit_of(most, span);
      spend_window it;
      log_model model;
      std::int64_t now = 0;
      RC_ASSERT(it.fits(of, most, at(0)));
      for (auto word : tape(400)) {
        now += step(word, span);
        auto used = model.within(span, now);
        auto fits = it.fits(of, 1, at(now));
        // used < N - N/60, in whole numbers.
        if (60 * used < 59 * most)
          RC_ASSERT(fits);
        if (fits) {
          it.spend(of, 1, at(now));
          model.all.push_back({1, now});
        }
      }
    },
    500);
}

TEST_CASE("T4: at the limit's own pace nobody is refused, for hours") {
  auto of = limit_of(600, 60'000);
  spend_window it;
  for (std::int64_t i = 0; i < 100'000; ++i) {
    auto now = at(i * 102); // 588 a minute: N - N/60 is 590
    REQUIRE(it.fits(of, 1, now));
    it.spend(of, 1, now);
  }
}

TEST_CASE("T5: after the wait that it tells it admits, a moment earlier it "
          "does not") {
  holds(
    [] {
      auto most = pick<std::uint64_t>(1, 400);
      auto span = pick<std::int64_t>(2, 2'000);
      auto of = limit_of(most, span);
      spend_window it;
      std::int64_t now = 0;
      for (auto word : tape(400)) {
        now += step(word, span);
        auto cost = word % 7 == 0 ? 1 + word / 7 % most : 1;
        auto wait = it.wait_for(of, cost, at(now));
        RC_ASSERT(wait.has_value());
        RC_ASSERT((*wait == duration{0}) == it.fits(of, cost, at(now)));
        if (*wait == duration{0}) {
          it.spend(of, cost, at(now));
          continue;
        }
        auto early = it;
        RC_ASSERT(!early.fits(of, cost, at(now) + *wait - duration{1}));
        auto later = it;
        RC_ASSERT(later.fits(of, cost, at(now) + *wait));
      }
    },
    500);
}

TEST_CASE("what is more than the limit never fits, however long one waits") {
  spend_window it;
  auto of = limit_of(10, 1'000);
  CHECK_FALSE(it.fits(of, 11, at(0)));
  CHECK_FALSE(it.wait_for(of, 11, at(0)));
  CHECK(it.fits(of, 10, at(0)));
}

TEST_CASE("T6: what remains falls by what is spent, rises only with time, and "
          "a request is refused exactly where none does") {
  holds([] {
    auto most = pick<std::uint64_t>(1, 200);
    auto span = pick<std::int64_t>(1, 2'000);
    auto of = limit_of(most, span);
    spend_window it;
    std::int64_t now = 0;
    for (auto word : tape(300)) {
      now += step(word, span);
      auto before = it.remaining(of, at(now));
      RC_ASSERT(before <= most);
      RC_ASSERT((before == 0) == !it.fits(of, 1, at(now)));
      if (before == 0)
        continue;
      it.spend(of, 1, at(now));
      RC_ASSERT(it.remaining(of, at(now)) == before - 1);
    }
  });
}

TEST_CASE("it is whole again when it says so, and not before") {
  holds([] {
    auto of = limit_of(pick<std::uint64_t>(1, 200), 1'000);
    spend_window it;
    std::int64_t now = 0;
    for (auto word : tape(100)) {
      now += step(word, 1'000);
      if (it.fits(of, 1, at(now)))
        it.spend(of, 1, at(now));
      auto whole = it.whole_in(of, at(now));
      auto then = it;
      RC_ASSERT(then.remaining(of, at(now) + whole) == of.most);
      if (whole > duration{0})
        RC_ASSERT(it.remaining(of, at(now) + whole - duration{1}) < of.most);
    }
  });
}

TEST_CASE("T8: reserve and settle: never below zero, and what is given back "
          "lets no more through than was really spent") {
  holds(
    [] {
      auto most = pick<std::uint64_t>(1, 5'000);
      auto span = pick<std::int64_t>(1, 2'000);
      auto of = limit_of(most, span);
      spend_window it;
      log_model model;
      std::vector<std::size_t> open;
      std::int64_t now = 0;
      for (auto word : tape(400)) {
        now += 1 + step(word, span); // of one moment, see below
        if (word % 3 == 0 && !open.empty()) {
          auto which = word / 3 % open.size();
          auto& x = model.all[open[which]];
          auto back = word / 11 % (x.amount + 1);
          it.give_back(of, back, at(x.when), at(now));
          x.amount -= back;
          open.erase(open.begin() + static_cast<std::ptrdiff_t>(which));
        } else if (auto cost = 1 + word / 3 % most;
                   it.fits(of, cost, at(now))) {
          it.spend(of, cost, at(now));
          open.push_back(model.all.size());
          model.all.push_back({cost, now});
        }
        // The window never thinks that less is spent than was, nor more than
        // one bucket beyond it: whose last may have been given back.
        auto told = most - it.remaining(of, at(now));
        auto spent = model.within(span, now);
        RC_ASSERT(told >= std::min(most, spent));
        RC_ASSERT(told <= spent + most / 60 + 1);
      }
    },
    1'000);
}

TEST_CASE("T8: of several reservations of one moment, too, no more is let "
          "through than was really spent") {
  holds(
    [] {
      auto most = pick<std::uint64_t>(1, 500);
      auto of = limit_of(most, 50);
      spend_window it;
      log_model model;
      std::vector<std::size_t> open;
      std::int64_t now = 0;
      for (auto word : tape(400)) {
        now += word % 8 == 0 ? word / 8 % 30 : 0;
        if (word % 3 == 0 && !open.empty()) {
          auto& x = model.all[open.back()];
          auto back = word / 11 % (x.amount + 1);
          it.give_back(of, back, at(x.when), at(now));
          x.amount -= back;
          open.pop_back();
        } else if (auto cost = 1 + word / 3 % most;
                   it.fits(of, cost, at(now))) {
          it.spend(of, cost, at(now));
          open.push_back(model.all.size());
          model.all.push_back({cost, now});
        }
        RC_ASSERT(most - it.remaining(of, at(now))
                  >= std::min(most, model.within(50, now)));
      }
    },
    500);
}

TEST_CASE("T8: a refund of everything leaves nothing") {
  spend_window it;
  auto of = limit_of(1'000, 1'000);
  for (std::int64_t i = 0; i < 30; ++i)
    it.spend(of, 20, at(i));
  for (std::int64_t i = 0; i < 30; ++i)
    it.give_back(of, 20, at(i), at(100 + i));
  CHECK(it.empty());
  CHECK(it.remaining(of, at(200)) == 1'000);
}

TEST_CASE("what has left by itself is not given back again") {
  spend_window it;
  auto of = limit_of(100, 1'000);
  it.spend(of, 50, at(0));
  it.spend(of, 30, at(999));
  it.give_back(of, 50, at(0), at(1'000));
  CHECK(it.remaining(of, at(1'000)) == 70);
}

TEST_CASE("what was underestimated is owed: nothing fits until it is paid by "
          "waiting") {
  spend_window it;
  auto of = limit_of(100, 1'000);
  it.spend(of, 250, at(0));
  CHECK(it.remaining(of, at(10)) == 0);
  CHECK(it.wait_for(of, 1, at(10)) == millis{990});
  CHECK(it.fits(of, 100, at(1'000)));
}

TEST_CASE("it remembers little, whatever is spent, settled and waited") {
  holds(
    [] {
      auto most = pick<std::uint64_t>(1, 1'000'000);
      auto of = limit_of(most, 1'000);
      spend_window it;
      std::vector<std::pair<std::uint64_t, std::int64_t>> open;
      std::int64_t now = 0;
      for (auto word : tape(2'000)) {
        now += word % 4;
        auto cost = 1 + word % (1 + most / 50);
        if (word % 3 == 0 && !open.empty()) {
          auto [amount, when] = open.back();
          open.pop_back();
          it.give_back(of, amount - amount / 3, at(when), at(now));
        } else if (it.fits(of, cost, at(now))) {
          it.spend(of, cost, at(now));
          open.emplace_back(cost, now);
        }
        RC_ASSERT(it.buckets() <= 122u);
      }
    },
    300);
}

TEST_CASE("without refunds it has a bucket for each sixtieth") {
  for (auto most : {1ull, 7ull, 59ull, 60ull, 61ull, 100ull, 119ull, 120ull,
                    5'000ull, 1'000'003ull}) {
    auto of = limit_of(most, 1'000'000'000);
    spend_window it;
    for (std::int64_t i = 0; it.fits(of, 1, at(i)) && i < 2'000'000; ++i)
      it.spend(of, 1, at(i));
    INFO(most);
    CHECK(it.remaining(of, at(2'000'000)) == 0);
    CHECK(it.buckets() <= 60u);
    if (most > 100'000)
      CHECK(it.buckets() == 60u);
  }
}

TEST_CASE("T9: a clock that goes back neither gives nor takes") {
  spend_window it;
  auto of = limit_of(10, 1'000);
  it.spend(of, 9, at(5'000));
  CHECK(it.remaining(of, at(0)) == 1);
  it.spend(of, 1, at(0));
  CHECK_FALSE(it.fits(of, 1, at(4'000)));
  CHECK_FALSE(it.fits(of, 1, at(5'999)));
  CHECK(it.fits(of, 10, at(6'000)));
}

TEST_CASE("a limit that changes holds for what was spent before") {
  spend_window it;
  it.spend(limit_of(1'000, 1'000), 500, at(0));
  CHECK_FALSE(it.fits(limit_of(100, 1'000), 1, at(500)));
  CHECK(it.remaining(limit_of(2'000, 1'000), at(500)) == 1'500);
  CHECK(it.fits(limit_of(100, 1'000), 100, at(1'000)));
}

TEST_CASE("whoever takes over a record stands as the one who kept it") {
  holds([] {
    auto most = pick<std::uint64_t>(1, 300);
    auto of = limit_of(most, 1'000);
    spend_window one;
    std::int64_t now = 0;
    for (auto word : tape(200)) {
      now += word % 17;
      one.spend(of, 1 + word % 3, at(now));
    }
    now += pick<std::int64_t>(0, 1'200);
    spend_window other;
    other.spend(of, 5, at(now));
    auto record = one.spent(of, at(now));
    std::uint64_t sum = 0;
    for (auto& x : record)
      sum += x.count;
    RC_ASSERT(one.total(of, at(now)) == sum);
    other.take_over(of, {record.begin(), record.end()}, at(now));
    RC_ASSERT(other.total(of, at(now)) == sum);
    RC_ASSERT(other.whole_in(of, at(now)) == one.whole_in(of, at(now)));
    RC_ASSERT(other.wait_for(of, 1, at(now)).value()
              >= one.wait_for(of, 1, at(now)).value());
    RC_ASSERT(other.buckets() <= one.buckets());
  });
}

TEST_CASE("of a record that says more than time allows, the future counts as "
          "now") {
  spend_window it;
  auto of = limit_of(10, 1'000);
  std::vector<portion> record{{3, at(0)}, {4, at(5'000)}};
  it.take_over(of, record, at(1'000));
  CHECK(it.total(of, at(1'000)) == 4);
  CHECK(it.whole_in(of, at(1'000)) == millis{1'000});
}

TEST_CASE("what has left is not carried on by what is spent or given back "
          "later") {
  auto of = limit_of(120, 1'000); // buckets of 3
  spend_window it;
  it.spend(of, 1, at(0));
  it.spend(of, 1, at(1'000));
  CHECK(it.remaining(of, at(1'000)) == 119);
  spend_window other;
  other.spend(of, 2, at(0));
  other.spend(of, 3, at(500));
  other.give_back(of, 2, at(500), at(1'100));
  CHECK(other.remaining(of, at(1'100)) == 119);
}

TEST_CASE("T9: what is spent by a clock that went back leaves no earlier than "
          "what was spent before") {
  auto of = limit_of(600, 1'000);
  spend_window it;
  it.spend(of, 5, at(5'000));
  it.spend(of, 1, at(0));
  CHECK(it.remaining(of, at(5'500)) == 594);
}

TEST_CASE("more cannot be given back than was spent") {
  auto of = limit_of(100, 1'000);
  spend_window it;
  it.spend(of, 5, at(0));
  it.give_back(of, 10, at(0), at(1));
  CHECK(it.empty());
  CHECK(it.remaining(of, at(1)) == 100);
}

TEST_CASE("buckets that have become small are joined with their neighbours, "
          "and only those") {
  auto of = limit_of(120, 1'000); // buckets of 3
  struct {
    std::vector<std::uint64_t> spent; ///< at 0 ms, 10 ms, ...
    std::int64_t from;
    std::uint64_t back;
    std::size_t left;
  } cases[] = {
    {{2, 3}, 10, 2, 1},     // 2 and 1: as much as one may hold
    {{3, 2}, 0, 2, 1},      // 1 and 2
    {{2, 3}, 0, 1, 2},      // 1 and 3: more than that
    {{2, 50}, 0, 2, 1},     // nothing and much
    {{50, 2, 3}, 10, 2, 2}, // much, nothing, and enough
  };
  for (auto& x : cases) {
    spend_window it;
    for (std::size_t i = 0; i < x.spent.size(); ++i)
      it.spend(of, x.spent[i], at(10 * static_cast<std::int64_t>(i)));
    CHECK(it.buckets() == x.spent.size());
    it.give_back(of, x.back, at(x.from), at(100));
    CHECK(it.buckets() == x.left);
  }
}

TEST_CASE("of what is over nothing is left, whoever looks") {
  auto of = limit_of(100, 1'000);
  spend_window it;
  it.spend(of, 1, at(0));
  CHECK(it.whole_in(of, at(5'000)) == duration{0});
  std::vector<portion> record{{3, at(0)}};
  it.take_over(of, record, at(5'000));
  CHECK(it.empty());
}
