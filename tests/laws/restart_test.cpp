#include "actors/policies/restart.hpp"

#include <algorithm>

#include "tests/laws/property.hpp"

using namespace caisson;
using namespace caisson::laws;
using enum restart_kind;

namespace {

auto restart = restart_verdict::restart;
auto forget = restart_verdict::forget;
auto escalate = restart_verdict::escalate;

} // namespace

TEST_CASE("S1: more than MaxR restarts within MaxT escalate, and nothing "
          "less") {
  holds([] {
    restart_intensity limit{pick<std::uint32_t>(0, 6), millis{pick(1, 10'000)}};
    restart_ledger it{limit};
    std::vector<std::int64_t> past;
    std::int64_t now = 0;
    for (auto word : tape()) {
      now += word % (limit.within.count() + 1);
      past.push_back(now);
      auto within = std::count_if(past.begin(), past.end(), [&](auto when) {
        return now - when <= limit.within.count();
      });
      auto expected = within > limit.restarts ? escalate : restart;
      RC_ASSERT(it.ended(permanent, true, at(now)) == expected);
      if (expected == escalate)
        return;
    }
  });
}

TEST_CASE("S1: the fourth end in 5 s is too many, in more than 5 s it is "
          "not") {
  restart_ledger it{restart_intensity{}};
  for (auto when : {0, 1'000, 2'000})
    CHECK(it.ended(permanent, true, at(when)) == restart);
  SECTION("within") {
    CHECK(it.ended(permanent, true, at(5'000)) == escalate);
  }
  SECTION("beyond") {
    CHECK(it.ended(permanent, true, at(5'001)) == restart);
  }
}

TEST_CASE("S1: a sustained rate of MaxR in MaxT never escalates") {
  restart_ledger it{{3, millis{5'000}}};
  for (int i = 0; i < 1'000; ++i)
    CHECK(it.ended(permanent, true, at(i * 1'667)) == restart);
}

TEST_CASE("a permanent child is restarted whatever its end, a transient one "
          "only after an abnormal one, a temporary one never") {
  auto first = [](restart_kind kind, bool abnormal) {
    return restart_ledger{restart_intensity{}}.ended(kind, abnormal, at(0));
  };
  CHECK(first(permanent, true) == restart);
  CHECK(first(permanent, false) == restart);
  CHECK(first(transient, true) == restart);
  CHECK(first(transient, false) == forget);
  CHECK(first(temporary, true) == forget);
  CHECK(first(temporary, false) == forget);
}

TEST_CASE("S1: ends that are not answered with a restart do not count") {
  restart_ledger it{{1, millis{5'000}}};
  for (int i = 0; i < 100; ++i) {
    CHECK(it.ended(temporary, true, at(0)) == forget);
    CHECK(it.ended(transient, false, at(0)) == forget);
  }
  CHECK(it.ended(permanent, true, at(0)) == restart);
  CHECK(it.ended(permanent, true, at(0)) == escalate);
}
