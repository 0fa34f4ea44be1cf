#include <algorithm>
#include <deque>

#include "actors/policies/breaker.hpp"
#include "tests/laws/property.hpp"

using namespace caisson;
using namespace caisson::laws;
using enum breaker_state;

namespace {

breaker_settings settings_of(std::uint32_t probes, std::int64_t lease) {
  breaker_settings result;
  result.failures = 1;
  result.open_for = millis{10};
  result.half_open_probes = probes;
  result.probe_lease = millis{lease};
  return result;
}

/// Half-open from 10 ms on, no probe out yet.
breaker opened(const breaker_settings& settings) {
  breaker it{settings};
  it.record(*it.admit(at(0)), outcome::failure, {}, at(0));
  return it;
}

struct lent {
  breaker_permit permit;
  std::int64_t until;
};

bool out(const lent& x, std::int64_t now) {
  return now < x.until;
}

} // namespace

TEST_CASE("B1: whatever is lost or late, no more than N leases of probes run "
          "at any instant, and a place that is free is given") {
  holds(
    [] {
      auto n = pick<std::uint32_t>(1, 5);
      auto lease = pick<std::int64_t>(1, 300);
      auto it = opened(settings_of(n, lease));
      std::deque<lent> all;
      std::int64_t now = 10;
      auto live = [&] {
        return std::ranges::count_if(all, [&](auto& x) { return out(x, now); });
      };
      for (auto word : tape(300)) {
        now += word % 5 == 0 ? word / 5 % 200 : 0;
        if (word % 3 != 0) {
          auto before = live();
          auto permit = it.admit(at(now));
          RC_ASSERT(permit.has_value() == (before < n));
          if (permit)
            all.push_back({*permit, now + lease});
        } else if (!all.empty()) {
          // In or out of its time, first or last: only its own place counts.
          auto which = word / 3 % all.size();
          it.record(all[which].permit, outcome::cancelled, {}, at(now));
          all.erase(all.begin() + static_cast<std::ptrdiff_t>(which));
        }
        RC_ASSERT(live() <= n);
        RC_ASSERT(it.probes(at(now)) == live());
        RC_ASSERT(it.can_probe(at(now)) == (live() < n));
      }
    },
    500);
}

TEST_CASE("B3: a half-open breaker whose probes are all lost gives the next "
          "when the first lease runs out, not sooner") {
  holds([] {
    auto lease = pick<std::int64_t>(1, 200'000);
    auto it = opened(settings_of(2, lease));
    auto first = pick<std::int64_t>(10, 1'000);
    auto second = first + pick<std::int64_t>(0, lease);
    RC_ASSERT(it.admit(at(first)).has_value());
    RC_ASSERT(it.admit(at(second)).has_value());
    auto end = first + lease;
    RC_ASSERT(it.shut_until() == at(end));
    RC_ASSERT(!it.can_probe());
    RC_ASSERT(!it.admit(at(end - 1)));
    RC_ASSERT(it.admit(at(end)).has_value());
    RC_ASSERT(it.state() == half_open);
  });
}

TEST_CASE("B1: the late result of a lease that has run out is no verdict, "
          "whether its place was given on or not") {
  auto how = GENERATE(outcome::success, outcome::failure, outcome::ignored,
                      outcome::cancelled);
  auto it = opened(settings_of(1, 50));
  auto late = *it.admit(at(10));
  SECTION("nobody has asked since") {
    it.record(late, how, {}, at(60));
    CHECK(it.probes(at(60)) == 0);
  }
  SECTION("another probe has its place") {
    REQUIRE(it.admit(at(60)));
    it.record(late, how, {}, at(61));
    CHECK(it.probes(at(61)) == 1);
  }
  CHECK(it.state() == half_open);
}

TEST_CASE("B1: a result within its lease is a verdict to its last "
          "instant") {
  auto it = opened(settings_of(1, 50));
  auto probe = *it.admit(at(10));
  it.record(probe, outcome::success, {}, at(59));
  CHECK(it.state() == closed);
}

TEST_CASE("B1: a result counts once: a second one of the same probe finds no "
          "place to give back") {
  auto it = opened(settings_of(2, 50));
  auto one = *it.admit(at(10));
  auto other = *it.admit(at(10));
  it.record(one, outcome::cancelled, {}, at(11));
  it.record(one, outcome::success, {}, at(12));
  CHECK(it.state() == half_open);
  CHECK(it.probes(at(12)) == 1);
  it.record(other, outcome::success, {}, at(12));
  CHECK(it.state() == closed);
}

TEST_CASE("what callers are told: passing, refused to the end of the wait, or "
          "until a probe's lease runs out") {
  auto it = opened(settings_of(1, 50));
  CHECK(it.shut_until() == at(10));
  CHECK(it.refuses_until() == at(10));
  REQUIRE(it.admit(at(10)));
  CHECK(it.shut_until() == at(60));
  CHECK(it.refuses_until() == time_point::min()); // a result may come sooner
  it.set_mode(breaker_mode::metrics_only);
  CHECK(it.shut_until() == time_point::min());
  it.set_mode(breaker_mode::forced_open);
  CHECK(it.shut_until() == time_point::max());
}

TEST_CASE("what callers are told: a half-open breaker with a place left does "
          "not shut them out") {
  auto it = opened(settings_of(2, 50));
  REQUIRE(it.admit(at(10)));
  CHECK(it.shut_until() == time_point::min());
  CHECK(it.can_probe(at(10)));
  REQUIRE(it.admit(at(20)));
  CHECK_FALSE(it.can_probe(at(59)));
  CHECK(it.can_probe(at(60)));
}

TEST_CASE("fewer probes by a reload drain: no new one before the places are "
          "below the new bound") {
  auto it = opened(settings_of(3, 1'000));
  std::vector<breaker_permit> probes;
  for (int i = 0; i < 3; ++i)
    probes.push_back(*it.admit(at(10)));
  it.reconfigure(settings_of(1, 1'000));
  for (auto& one : probes) {
    CHECK_FALSE(it.admit(at(11)));
    it.record(one, outcome::cancelled, {}, at(11));
  }
  CHECK(it.admit(at(11)));
}

TEST_CASE("a permit is passed about by value: it stays small; which breaker it "
          "is of is for the owner to say") {
  auto it = opened(settings_of(1, 50));
  CHECK(it.admit(at(10))->slot == 0);
  STATIC_REQUIRE(std::is_trivially_copyable_v<breaker_permit>);
  STATIC_REQUIRE(sizeof(breaker_permit) <= 12);
}
