#include <algorithm>

#include "actors/policies/breaker.hpp"
#include "tests/laws/property.hpp"

using namespace caisson;
using namespace caisson::laws;
using enum breaker_state;

namespace {

breaker_settings settings_of(std::uint32_t probes = 1) {
  breaker_settings result;
  result.failures = 3;
  result.open_for = millis{100};
  result.half_open_probes = probes;
  return result;
}

void answer(breaker& it, breaker_permit permit, outcome how,
            std::int64_t now = 0) {
  it.record(permit, how, {}, at(now));
}

} // namespace

TEST_CASE("N3: a doubt lets probes pass and nothing more, until one succeeds") {
  auto probes = GENERATE(1u, 3u);
  breaker it{settings_of(probes)};
  it.doubt();
  CHECK(it.doubted());
  CHECK(it.state() == half_open);
  std::vector<breaker_permit> out;
  while (auto permit = it.admit(at(0)))
    out.push_back(*permit);
  CHECK(out.size() == probes);
  CHECK(std::ranges::all_of(out, &breaker_permit::probe));
  // Who is not let through waits: it is not known to be refused.
  CHECK(it.shut_until() == time_point::min());
  answer(it, out[0], outcome::success);
  CHECK(it.state() == closed);
  CHECK_FALSE(it.doubted());
}

TEST_CASE("N3: a probe that fails is this node's own evidence") {
  breaker it{settings_of()};
  it.doubt();
  answer(it, *it.admit(at(0)), outcome::failure);
  CHECK(it.state() == open);
  CHECK_FALSE(it.doubted());
  it.trust();
  CHECK(it.state() == open);
  CHECK(it.open_until() == at(100));
}

TEST_CASE("N4: a doubt that ends leaves the breaker as it was, its count too") {
  breaker it{settings_of()};
  for (int i = 0; i < 2; ++i)
    answer(it, *it.admit(at(0)), outcome::failure);
  it.doubt();
  it.trust();
  CHECK(it.state() == closed);
  CHECK(it.consecutive_failures() == 2);
  answer(it, *it.admit(at(0)), outcome::failure);
  CHECK(it.state() == open);
}

TEST_CASE("N4: results of calls from before the doubt do not end it") {
  breaker it{settings_of()};
  auto before = *it.admit(at(0));
  it.doubt();
  answer(it, before, outcome::success);
  CHECK(it.doubted());
}

TEST_CASE("N5: word of others closes nothing and opens nothing, whatever is "
          "said and whatever the calls come to") {
  holds(
    [] {
      auto mode = pick(0, 4) == 0 ? breaker_mode::metrics_only
                                  : breaker_mode::automatic;
      auto settings = settings_of();
      settings.mode = mode;
      breaker it{settings};
      std::int64_t now = 0;
      for (auto word : tape(120)) {
        auto before = it.state();
        auto ours = !it.doubted();
        switch (word % 6) {
          case 0:
            it.doubt();
            RC_ASSERT(it.state() == before
                      || (before == closed && it.doubted()));
            break;
          case 1:
            it.trust();
            RC_ASSERT(it.state() == before || (!ours && it.state() == closed));
            break;
          case 2:
            it.defer(at(now + word / 6 % 300));
            RC_ASSERT(it.state() == before);
            break;
          case 3:
            now += word / 6 % 80;
            break;
          default:
            if (auto permit = it.admit(at(now)))
              answer(it, *permit,
                     word / 6 % 2 ? outcome::failure : outcome::success, now);
        }
        RC_ASSERT(
          !it.doubted()
          || (it.state() == half_open && mode == breaker_mode::automatic));
      }
    },
    1'000);
}

TEST_CASE("N6: an open breaker that is told to wait longer probes no sooner, "
          "and as before when that is taken back") {
  breaker it{settings_of()};
  for (int i = 0; i < 3; ++i)
    answer(it, *it.admit(at(0)), outcome::failure);
  it.defer(at(250));
  CHECK(it.open_until() == at(250));
  CHECK(it.refuses_until() == at(250));
  CHECK_FALSE(it.admit(at(249)));
  it.defer(time_point::min());
  CHECK(it.snapshot().open_until == at(100));
  CHECK(it.admit(at(100)));
}

TEST_CASE("by hand or only counted, a breaker doubts nothing") {
  for (auto mode : {breaker_mode::disabled, breaker_mode::forced_open,
                    breaker_mode::metrics_only}) {
    auto settings = settings_of();
    settings.mode = mode;
    breaker it{settings};
    it.doubt();
    CHECK(it.state() == closed);
    CHECK_FALSE(it.doubted());
  }
}
