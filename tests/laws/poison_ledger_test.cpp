#include "actors/policies/poison_ledger.hpp"

#include <algorithm>
#include <list>
#include <thread>

#include "tests/laws/property.hpp"

using namespace caisson;
using namespace caisson::laws;

namespace {

/// Every crash ever, in one list.
struct reference {
  struct crash {
    std::uint64_t who;
    std::int64_t when;
  };

  std::list<crash> all;
  std::int64_t within;

  std::uint32_t recent(std::uint64_t who, std::int64_t now) const {
    auto is
      = [=, this](auto& x) { return x.who == who && now - x.when <= within; };
    auto count = std::ranges::count_if(all, is);
    return static_cast<std::uint32_t>(std::min<std::ptrdiff_t>(count, 3));
  }
};

} // namespace

TEST_CASE("S6: a request is set aside when it has seen three crashes within "
          "the time, and only then") {
  holds(
    [] {
      auto within = pick<std::int64_t>(1, 10'000);
      poison_ledger it{millis{within}};
      reference ideal{{}, within};
      std::int64_t now = pick<std::int64_t>(0, 1'000'000);
      for (auto word : tape(200)) {
        now += word % 3 == 0 ? word / 3 % (within + 2) : 0;
        auto who = word / 8 % 4;
        if (word % 2) {
          ideal.all.push_back({who, now});
          RC_ASSERT(it.note_crash(who, at(now)) == ideal.recent(who, now));
        }
        for (std::uint64_t one = 0; one < 4; ++one)
          RC_ASSERT(it.set_aside(one, at(now))
                    == (ideal.recent(one, now) >= 3));
      }
    },
    500);
}

TEST_CASE("S6: three crashes in ten minutes set aside; the next chance comes "
          "when the first is older") {
  poison_ledger it;
  CHECK_FALSE(it.set_aside(7, at(0)));
  CHECK(it.note_crash(7, at(0)) == 1);
  CHECK(it.note_crash(7, at(1'000)) == 2);
  CHECK_FALSE(it.set_aside(7, at(1'000)));
  CHECK(it.note_crash(7, at(600'000)) == 3);
  CHECK(it.set_aside(7, at(600'000)));
  CHECK_FALSE(it.set_aside(8, at(600'000)));
  CHECK_FALSE(it.set_aside(7, at(600'001)));
  CHECK(it.note_crash(7, at(600'001)) == 3);
  CHECK(it.note_crash(7, at(600'002)) == 3);
}

TEST_CASE("the ledger holds 1 024 requests; the one whose last crash is oldest "
          "goes") {
  poison_ledger it;
  auto crash = [&](std::uint64_t who, std::int64_t when) {
    return it.note_crash(who, at(when));
  };
  for (std::uint64_t i = 0; i < 1'024; ++i) {
    auto when = static_cast<std::int64_t>(i);
    crash(i, when);
    crash(i, when);
  }
  CHECK(crash(0, 2'000) == 3); // now the youngest of all
  CHECK(crash(5'000, 2'001) == 1);
  CHECK(it.set_aside(0, at(2'001)));
  CHECK(crash(2, 2'002) == 3);
  CHECK(crash(1'023, 2'003) == 3);
  CHECK(crash(1, 2'004) == 1); // it had gone; now 3 goes
  CHECK(crash(4, 2'005) == 3);
  CHECK(crash(3, 2'006) == 1);
}

TEST_CASE("what is older than the time makes room before anything else goes") {
  poison_ledger it{millis{100}};
  for (std::uint64_t i = 0; i < 1'024; ++i)
    it.note_crash(i, at(0));
  it.note_crash(5'000, at(50));
  it.note_crash(5'000, at(60));
  for (std::uint64_t i = 0; i < 1'023; ++i)
    it.note_crash(i + 10'000, at(150));
  CHECK(it.note_crash(5'000, at(150)) == 3);
}

TEST_CASE("many threads may note and ask: no crash is lost") {
  poison_ledger it;
  std::vector<std::thread> all;
  for (std::uint64_t i = 0; i < 8; ++i)
    all.emplace_back([&, i] {
      for (std::uint64_t n = 0; n < 100; ++n) {
        it.note_crash(i * 100 + n, at(1));
        it.set_aside(n, at(1));
        it.note_crash(i * 100 + n, at(2));
      }
    });
  for (auto& one : all)
    one.join();
  for (std::uint64_t i = 0; i < 800; ++i) {
    CHECK_FALSE(it.set_aside(i, at(2)));
    CHECK(it.note_crash(i, at(3)) == 3);
    CHECK(it.set_aside(i, at(3)));
  }
}
