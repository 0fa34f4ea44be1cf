#include <algorithm>
#include <cmath>
#include <deque>
#include <map>

#include "actors/policies/breaker.hpp"
#include "tests/laws/property.hpp"

using namespace caisson;
using namespace caisson::laws;
using enum breaker_state;

namespace {

breaker_settings quick(breaker_mode mode = breaker_mode::automatic) {
  breaker_settings result;
  result.failures = 3;
  result.open_for = millis{100};
  result.mode = mode;
  return result;
}

void fail(breaker& it, int times, time_point now) {
  for (int i = 0; i < times; ++i)
    if (auto permit = it.admit(now))
      it.record(*permit, outcome::failure, {}, now);
}

/// What the breaker is meant to be, with plain lists instead of counters: the
/// reference of the model test.
class reference {
public:
  explicit reference(const breaker_settings& settings) : is_(settings) {}

  breaker_state state = closed;
  time_point until{};
  std::vector<breaker_transition> told;

  std::optional<int> admit(time_point now) {
    if (is_.mode == breaker_mode::forced_open)
      return std::nullopt;
    auto passes = is_.mode != breaker_mode::automatic || state == closed;
    if (!passes && state == open && now >= until)
      become(half_open, now);
    if (!passes && state == open)
      return std::nullopt;
    if (!passes && probes(now) >= is_.half_open_probes)
      return std::nullopt;
    out_[++last_] = {era_, !passes, now + is_.probe_lease};
    return last_;
  }

  void record(int permit, outcome how, const call_measure& measure,
              time_point now) {
    auto one = out_.at(permit);
    out_.erase(permit);
    if (one.era != era_ || (one.probe && now >= one.until)
        || is_.mode == breaker_mode::disabled || how == outcome::cancelled)
      return;
    auto watching = is_.mode == breaker_mode::metrics_only;
    if (watching && state == open && now >= until)
      become(half_open, now);
    else if (state == half_open && !one.probe && !watching)
      return;
    if (state == half_open)
      become(how == outcome::failure ? open : closed, now);
    else if (state == closed && how != outcome::ignored)
      count({how == outcome::failure, slow(is_, measure), now});
  }

  void set_mode(breaker_mode mode) {
    auto by_hand = [](breaker_mode x) {
      return x == breaker_mode::forced_open || x == breaker_mode::disabled;
    };
    if (by_hand(is_.mode) && !by_hand(mode)) {
      if (state != closed)
        become(closed, {});
      past_.clear();
      ++era_;
    }
    is_.mode = mode;
  }

  std::size_t probes(time_point now) const {
    return static_cast<std::size_t>(
      std::count_if(out_.begin(), out_.end(), [&](auto& x) {
        return x.second.probe && x.second.era == era_ && x.second.until > now;
      }));
  }

private:
  struct given {
    int era;
    bool probe;
    time_point until;
  };

  struct seen {
    bool failed;
    bool slow;
    time_point when;
  };

  void become(breaker_state next, time_point now) {
    told.push_back({state, next});
    state = next;
    past_.clear();
    ++era_;
    if (next == open)
      until = now + wait();
  }

  /// Since the last close, how often it opened; doubled from the third on.
  duration wait() const {
    auto since = std::find_if(told.rbegin(), told.rend(),
                              [](auto& x) { return x.to == closed; });
    auto n = std::count_if(told.rbegin(), since,
                           [](auto& x) { return x.to == open; });
    auto cap = std::max(is_.open_for, is_.open_for_max).count();
    auto wanted = static_cast<double>(is_.open_for.count())
                  * std::pow(2.0, std::max<double>(0, double(n) - 2));
    return millis{static_cast<std::int64_t>(std::min<double>(wanted, cap))};
  }

  void count(seen one) {
    past_.push_back(one);
    std::size_t streak = 0;
    for (auto i = past_.rbegin(); i != past_.rend() && i->failed; ++i)
      ++streak;
    if (streak >= is_.failures || too_many())
      become(open, one.when);
  }

  /// Of the last outcomes, or of those of the last ten tenths of its time.
  std::vector<seen> window() const {
    if (!is_.window_time)
      return {past_.end()
                - static_cast<std::ptrdiff_t>(
                  std::min<std::size_t>(past_.size(), is_.window)),
              past_.end()};
    auto tenth = [this](time_point x) {
      return x.time_since_epoch() / (duration{*is_.window_time} / 10);
    };
    std::vector<seen> result;
    for (auto& x : past_)
      if (tenth(past_.back().when) - tenth(x.when) < 10)
        result.push_back(x);
    return result;
  }

  bool too_many() const {
    auto last = window();
    auto needed = is_.window_time ? is_.min_calls : is_.window;
    if (last.size() < needed)
      return false;
    auto share = [&](bool seen::* what) {
      return static_cast<double>(std::count_if(
               last.begin(), last.end(), [&](auto& x) { return x.*what; }))
             / static_cast<double>(last.size());
    };
    auto limit = is_.failure_rate.value_or(0.5);
    auto slowness
      = is_.slow_call || is_.slow_first_token || is_.slow_tokens_per_second;
    return (is_.failure_rate && share(&seen::failed) > limit)
           || (slowness && share(&seen::slow) > limit);
  }

  breaker_settings is_;
  int era_ = 0;
  int last_ = 0;
  std::map<int, given> out_;
  std::vector<seen> past_;
};

breaker_settings any_settings() {
  breaker_settings result;
  result.failures = pick<std::uint32_t>(1, 8);
  result.open_for = millis{pick(1, 200)};
  result.half_open_probes = pick<std::uint32_t>(1, 4);
  result.window = pick<std::uint32_t>(1, 12);
  if (pick(0, 2))
    result.failure_rate = pick(1, 101) / 100.0;
  if (pick(0, 2))
    result.slow_call = millis{20};
  if (pick(0, 3) == 0)
    result.slow_first_token = millis{5};
  if (pick(0, 3) == 0)
    result.slow_tokens_per_second = 10;
  if (pick(0, 2)) {
    result.window_time = millis{pick(1, 100) * 10};
    result.min_calls = pick<std::uint32_t>(0, 12);
  }
  result.probe_lease = millis{pick(1, 400)};
  result.open_for_max = millis{pick(1, 2'000)};
  return result;
}

constexpr breaker_mode modes[]{
  breaker_mode::automatic, breaker_mode::forced_open, breaker_mode::disabled,
  breaker_mode::metrics_only};

constexpr outcome outcomes[]{outcome::success, outcome::failure,
                             outcome::failure, outcome::ignored,
                             outcome::cancelled};

call_measure any_measure(std::uint32_t word) {
  call_measure result{millis{word % 40}};
  if (word / 40 % 2)
    result.first_token = millis{word / 80 % 10};
  if (word / 40 % 3 == 0)
    result.tokens_per_second = word / 120 % 20;
  return result;
}

/// The breaker and its reference, fed with the same operations.
struct pair_of_breakers {
  explicit pair_of_breakers(const breaker_settings& settings)
    : real(settings), ideal(settings) {}

  breaker real;
  reference ideal;
  std::deque<std::pair<breaker_permit, int>> out;
  std::vector<breaker_transition> told;
  std::int64_t now = 0;

  void step(std::uint32_t word) {
    auto arg = word / 16;
    switch (word % 16) {
      case 0:
        if (arg % 4 == 0) {
          real.set_mode(modes[arg / 4 % 4]);
          ideal.set_mode(modes[arg / 4 % 4]);
        }
        break;
      case 1:
      case 2:
        now += arg % 250;
        break;
      case 3:
      case 4:
      case 5:
      case 6:
      case 7:
      case 8:
        if (auto permit = real.admit(at(now))) {
          auto same = ideal.admit(at(now));
          RC_ASSERT(same.has_value());
          out.push_back({*permit, *same});
        } else {
          RC_ASSERT(!ideal.admit(at(now)).has_value());
        }
        break;
      default:
        if (out.empty())
          break;
        // Mostly the oldest, so that results come late too.
        auto [permit, same] = out.front();
        out.pop_front();
        auto how = outcomes[arg % 5];
        auto measure = any_measure(arg / 5);
        real.record(permit, how, measure, at(now));
        ideal.record(same, how, measure, at(now));
    }
    for (auto x : real.take_transitions())
      told.push_back(x);
  }
};

} // namespace

TEST_CASE("B1 to B7: the breaker does what its reference model does, whatever "
          "is done to it") {
  holds(
    [] {
      pair_of_breakers both{any_settings()};
      for (auto word : tape(400)) {
        both.step(word);
        RC_ASSERT(both.real.state() == both.ideal.state);
        RC_ASSERT(both.real.open_until() == both.ideal.until);
        RC_ASSERT(both.real.probes(at(both.now))
                  == both.ideal.probes(at(both.now)));
      }
      RC_ASSERT(both.told.size() == both.ideal.told.size());
      for (std::size_t i = 0; i < both.told.size(); ++i) {
        RC_ASSERT(both.told[i].from == both.ideal.told[i].from);
        RC_ASSERT(both.told[i].to == both.ideal.told[i].to);
      }
    },
    2'000);
}

TEST_CASE("forced open, the breaker refuses everything at any time") {
  breaker it{quick(breaker_mode::forced_open)};
  CHECK_FALSE(it.admit(at(0)));
  CHECK_FALSE(it.admit(at(1'000'000)));
  CHECK(it.refuses_at(at(1'000'000)));
  CHECK_FALSE(it.passes_all());
}

TEST_CASE("disabled, the breaker passes everything and counts nothing") {
  breaker it{quick(breaker_mode::disabled)};
  fail(it, 1'000, at(0));
  CHECK(it.state() == closed);
  CHECK(it.consecutive_failures() == 0);
  CHECK(it.admit(at(0)));
  CHECK(it.take_transitions().empty());
}

TEST_CASE("metrics only, the breaker passes everything and reports as if it "
          "judged") {
  breaker it{quick(breaker_mode::metrics_only)};
  fail(it, 3, at(0));
  CHECK(it.state() == open);
  CHECK(it.passes_all());
  auto permit = it.admit(at(50));
  REQUIRE(permit);
  it.record(*permit, outcome::success, {}, at(50));
  CHECK(it.state() == open); // too early for a probe
  permit = it.admit(at(100));
  REQUIRE(permit);
  it.record(*permit, outcome::success, {}, at(100));
  CHECK(it.state() == closed);
  CHECK(it.take_transitions().size() == 3);
}

TEST_CASE("metrics only, a breaker found half-open takes the next result as "
          "its probe's") {
  auto how = GENERATE(outcome::success, outcome::failure);
  breaker it{quick()};
  fail(it, 3, at(0));
  auto lost = it.admit(at(100));
  REQUIRE(lost);
  REQUIRE(it.state() == half_open);
  it.set_mode(breaker_mode::metrics_only);
  it.record(*lost, outcome::cancelled, {}, at(101));
  auto permit = it.admit(at(102));
  REQUIRE(permit);
  it.record(*permit, how, {}, at(102));
  CHECK(it.state() == (how == outcome::success ? closed : open));
}

TEST_CASE("leaving the operator's hand starts afresh") {
  auto hand = GENERATE(breaker_mode::forced_open, breaker_mode::disabled);
  breaker it{quick()};
  SECTION("from open: it passes again at once") {
    fail(it, 3, at(0));
    it.set_mode(hand);
    it.set_mode(breaker_mode::automatic);
    CHECK(it.state() == closed);
    CHECK(it.admit(at(1)));
  }
  SECTION("from a streak: the streak is forgotten") {
    fail(it, 2, at(0));
    it.set_mode(hand);
    it.set_mode(breaker_mode::automatic);
    fail(it, 2, at(1));
    CHECK(it.state() == closed);
    fail(it, 1, at(1));
    CHECK(it.state() == open);
  }
  SECTION("from a full window: the window is forgotten") {
    auto settings = quick();
    settings.failures = 100;
    settings.window = 4;
    settings.failure_rate = 0.5;
    breaker rated{settings};
    auto succeed
      = [&] { rated.record(*rated.admit(at(0)), outcome::success, {}, at(0)); };
    fail(rated, 2, at(0));
    succeed();
    succeed();
    rated.set_mode(hand);
    rated.set_mode(breaker_mode::automatic);
    fail(rated, 3, at(0));
    CHECK(rated.state() == closed);
  }
  SECTION("what was called before does not count after") {
    auto late = *it.admit(at(0));
    it.set_mode(hand);
    it.set_mode(breaker_mode::automatic);
    it.record(late, outcome::failure, {}, at(1));
    CHECK(it.consecutive_failures() == 0);
  }
}

TEST_CASE("leaving the operator's hand by a reload starts afresh too") {
  auto hand = GENERATE(breaker_mode::forced_open, breaker_mode::disabled);
  breaker it{quick()};
  fail(it, 3, at(0));
  it.reconfigure(quick(hand));
  it.reconfigure(quick());
  CHECK(it.state() == closed);
  CHECK(it.admit(at(1)));
}

TEST_CASE("metrics only and automatic are both the machine's judgement: "
          "changing between them keeps the state") {
  breaker it{quick()};
  fail(it, 3, at(0));
  it.set_mode(breaker_mode::metrics_only);
  CHECK(it.state() == open);
  it.set_mode(breaker_mode::automatic);
  CHECK_FALSE(it.admit(at(1)));
}

TEST_CASE("every state of the breaker has its word") {
  CHECK(name_of(closed) == "closed");
  CHECK(name_of(open) == "open");
  CHECK(name_of(half_open) == "half_open");
}
