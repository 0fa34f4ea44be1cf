#include "actors/policies/adaptive_limit.hpp"

#include <algorithm>
#include <cmath>
#include <functional>

#include "tests/laws/property.hpp"

using namespace caisson;
using namespace caisson::laws;

namespace {

using micros = std::chrono::microseconds;

/// A limiter and what it limits: `takes` says how long a call takes when so
/// many are in flight. Each step is one window of ten calls.
struct plant {
  explicit plant(std::uint32_t max) : it(max) {}

  void window(const std::function<double(double)>& takes, double use = 1) {
    auto in_flight = std::max(1.0, std::floor(it.limit() * use));
    for (int i = 1; i <= 10; ++i) {
      auto ms = takes(in_flight);
      it.sample(micros{static_cast<std::int64_t>(1'000 * ms)},
                static_cast<std::uint32_t>(in_flight), at(now + i * 12));
    }
    now += 120;
  }

  void windows(int n, const std::function<double(double)>& takes) {
    for (int i = 0; i < n; ++i)
      window(takes);
  }

  adaptive_limit it;
  std::int64_t now = 0;
};

std::function<double(double)> flat(double ms) {
  return [=](double) { return ms; };
}

/// Takes `ms` until `bears` are in flight, from then on they queue.
std::function<double(double)> queueing(double ms, double bears) {
  return [=](double n) { return ms * std::max(1.0, n / bears); };
}

/// What the limiter is meant to be: the equations of its header over lists of
/// all that was heard. They have two steps in them; on the very edge of one,
/// where rounding decides, both sides are right and there is no reference.
class reference {
public:
  explicit reference(double most) : most_(most), limit_(most) {}

  void hear(std::optional<double> ms, double in_flight, std::int64_t when) {
    heard_.push_back({ms, in_flight, when});
    if (heard_.size() >= 10 && when - heard_.front().when >= 100) {
      end();
      heard_.clear();
    }
  }

  void resize(double most) {
    most_ = most;
    limit_ = std::min(limit_, most);
  }

  double limit() const {
    return std::max(1.0, looking_ > 0 ? limit_ / 2 : limit_);
  }

  /// Whether rounding has decided something.
  bool on_an_edge() const { return on_an_edge_; }

private:
  struct outcome {
    std::optional<double> ms;
    double in_flight;
    std::int64_t when;
  };

  std::optional<double> mean() const {
    double sum = 0, count = 0;
    for (auto& x : heard_)
      if (x.ms)
        sum += *x.ms, ++count;
    return count > 0 ? std::optional{sum / count} : std::nullopt;
  }

  void end() {
    if (looking_ == 0)
      return learn();
    if (--looking_ > 0)
      return;
    auto held_back = row() >= 20;
    slopes_.clear();
    looked_ = true;
    if (auto o = mean())
      baseline_ = held_back ? *o : std::min(*baseline_, *o);
  }

  std::ptrdiff_t row() const {
    auto end = std::find_if(slopes_.rbegin(), slopes_.rend(),
                            [](auto g) { return g >= 1; });
    return end - slopes_.rbegin();
  }

  void learn() {
    auto o = mean();
    auto dropped = std::ranges::count_if(heard_, [](auto& x) { return !x.ms; });
    auto g = 1.0;
    auto bearable = 1.5 * baseline_.value_or(HUGE_VAL);
    if (o && *o > bearable)
      g = bearable / *o;
    on_an_edge_ |= o && std::abs(*o - bearable) < 1e-9 * *o;
    g *= 1 - static_cast<double>(dropped) / static_cast<double>(heard_.size());
    g = std::max(g, 0.5);
    if (g >= 1)
      baseline_ = baseline_ ? *baseline_ + (*o - *baseline_) / 16 : *o;
    auto peak = std::ranges::max(heard_, {}, &outcome::in_flight).in_flight;
    auto used = 2 * peak >= std::floor(limit());
    if (limit_ > 1 && limit_ < most_) // at its bounds it is exact
      on_an_edge_ |= (2 * peak >= std::floor(limit() - 1e-9))
                     != (2 * peak >= std::floor(limit() + 1e-9));
    auto next
      = g * limit_
        + std::max(std::sqrt(limit_), limit_ / 8) * std::pow(2 * g - 1, 2);
    limit_ = std::max(1.0, std::min({next, most_, used ? next : limit_}));
    slopes_.push_back(g);
    if (row() >= 20 || slopes_.size() >= (looked_ ? 200u : 20u))
      looking_ = 2;
  }

  double most_;
  double limit_;
  std::optional<double> baseline_;
  std::vector<outcome> heard_;
  std::vector<double> slopes_; ///< of the windows since the last look
  bool looked_ = false;
  int looking_ = 0;
  bool on_an_edge_ = false;
};

/// The limiter and its reference, told the same.
struct twins {
  explicit twins(std::uint32_t max) : real(max), ideal(max) {}

  void resize(std::uint32_t max) {
    real.resize(max);
    ideal.resize(std::max(max, 1u));
    compare();
  }

  /// About a window's worth: more or less than ten outcomes, 100 ms.
  void window(std::uint32_t word, int regime) {
    auto use = word / 8 % 5 == 0 ? 0.4 : 1.0;
    auto in_flight = std::floor(real.limit() * use);
    auto drops = word / 16 % 16 == 0 ? word / 256 % 11 : 0;
    auto count = 8 + word / 64 % 5;
    for (std::uint32_t i = 0; i < count; ++i) {
      now += 11;
      if (i < drops) {
        real.dropped(at(now));
        ideal.hear(std::nullopt, 0, now);
      } else {
        auto ms = regime + static_cast<int>((word >> i) % 4);
        real.sample(millis{ms}, static_cast<std::uint32_t>(in_flight), at(now));
        ideal.hear(ms, in_flight, now);
      }
      compare();
    }
  }

  void compare() const {
    if (ideal.on_an_edge())
      return;
    // Rounding may differ just below and just above a whole number.
    RC_ASSERT(real.limit() <= ideal.limit() + 1e-6);
    RC_ASSERT(real.limit() + 1 > ideal.limit() - 1e-6);
  }

  adaptive_limit real;
  reference ideal;
  std::int64_t now = 0;
};

} // namespace

TEST_CASE("Q7: whatever it is told, the limit is within 1 and the most") {
  holds([] {
    auto max = pick<std::uint32_t>(0, 300);
    adaptive_limit it{max};
    std::int64_t now = 0;
    for (auto word : tape(600)) {
      auto arg = word / 16;
      now += word % 64;
      switch (word % 16) {
        case 0:
          it.dropped(at(now));
          break;
        case 1:
          if (arg % 8 == 0) {
            max = arg % 300;
            it.resize(max);
          }
          break;
        case 2:
          it.sample(duration{0}, 0, at(now));
          break;
        case 3:
          it.sample(-millis{arg}, 4'000'000'000, at(now));
          break;
        default:
          it.sample(millis{1 + arg % (1u << (word % 16))}, arg % 400, at(now));
      }
      RC_ASSERT(it.limit() >= 1u);
      RC_ASSERT(it.limit() <= std::max(max, 1u));
    }
  });
}

TEST_CASE("Q7: it falls markedly within 5 windows of calls that take twice as "
          "long, and is back at 90 % within 60 windows of their end") {
  holds([] {
    auto max = pick<std::uint32_t>(3, 2'000);
    auto ms = pick(1, 5'000);
    plant p{max};
    p.windows(pick(1, 400), flat(ms));
    auto lowest = max;
    for (int i = 0; i < 5; ++i) {
      p.window(flat(2 * ms));
      lowest = std::min(lowest, p.it.limit());
    }
    RC_ASSERT(lowest <= 0.7 * max);
    // However long it lasts, it recovers.
    p.windows(pick(0, 200), flat(2 * ms));
    auto best = p.it.limit();
    for (int i = 0; i < 60; ++i) {
      p.window(flat(ms));
      best = std::max(best, p.it.limit());
    }
    RC_ASSERT(best >= 0.9 * max);
  });
}

TEST_CASE("Q7: a dependency that is slower for good is taken for what it is: "
          "the limit comes back") {
  holds([] {
    auto max = pick<std::uint32_t>(3, 1'000);
    auto slower = pick(16, 60) / 10.0;
    plant p{max};
    p.windows(pick(1, 400), flat(100));
    p.windows(90, flat(100 * slower));
    auto best = p.it.limit();
    for (int i = 0; i < 3; ++i) {
      p.window(flat(100 * slower));
      best = std::max(best, p.it.limit());
    }
    RC_ASSERT(best >= 0.9 * max);
  });
}

TEST_CASE("Q7: it finds what a dependency bears before its calls queue, though "
          "it met it overloaded") {
  holds(
    [] {
      auto bears = pick(4, 100);
      auto max = static_cast<std::uint32_t>(bears * pick(2, 10));
      plant p{max};
      p.windows(400, queueing(50, bears));
      double sum = 0;
      for (int i = 0; i < 100; ++i) {
        p.window(queueing(50, bears));
        RC_ASSERT(p.it.limit() <= 2.5 * bears + 2);
        sum += p.it.limit();
      }
      RC_ASSERT(sum / 100 >= bears);
      RC_ASSERT(sum / 100 <= 2 * bears + 2);
    },
    100);
}

TEST_CASE("Q7: noise within its tolerance leaves it at the most, but for the "
          "windows in which it looks") {
  auto max = 100u;
  plant p{max};
  int below = 0;
  auto noise = [](double) { return 80 + pick(0, 41); };
  holds(
    [&] {
      p.windows(1, noise);
      below += p.it.limit() < max;
      RC_ASSERT(p.it.limit() >= max / 2);
    },
    1'000);
  CHECK(below <= 12); // two windows, every 200 and after the first 20
}

TEST_CASE("it looks for two windows at half the limit: after the first 20 "
          "windows, then after every 200") {
  plant p{100};
  auto halves = [&](int windows) {
    std::vector<int> at;
    for (int i = 1; i <= windows; ++i) {
      p.window(flat(10));
      if (p.it.limit() == 50)
        at.push_back(i);
      else
        CHECK(p.it.limit() == 100);
    }
    return at;
  };
  CHECK(halves(22) == std::vector{20, 21});
  CHECK(halves(404) == std::vector{200, 201, 402, 403});
}

TEST_CASE("calls that are dropped from the first on make it look no sooner") {
  adaptive_limit it{100};
  auto before = it.limit();
  for (int window = 1; window <= 20; ++window) {
    auto now = at(std::int64_t{window} * 1'000);
    for (int i = 0; i < 9; ++i)
      it.sample(millis{10}, it.limit(), now);
    it.dropped(now + millis{100});
    CHECK((it.limit() < before * 2 / 3) == (window == 20));
    before = it.limit();
  }
}

TEST_CASE("it does not grow where its limit is not used") {
  plant p{100};
  p.windows(5, flat(10));
  p.windows(4, flat(40));
  auto low = p.it.limit();
  REQUIRE(low < 50);
  for (int i = 0; i < 5; ++i)
    p.window(flat(10), 0.4);
  CHECK(p.it.limit() == low);
  p.window(flat(10), 0.6);
  CHECK(p.it.limit() > low);
}

TEST_CASE("a window ends when it has lasted 100 ms and has ten outcomes, not "
          "before both") {
  adaptive_limit it{100};
  auto feed = [&](int n, std::int64_t from, std::int64_t step, int ms) {
    for (int i = 0; i < n; ++i)
      it.sample(millis{ms}, 100, at(from + i * step));
  };
  feed(10, 0, 12, 10); // the baseline: 10 ms
  SECTION("many outcomes in less than 100 ms") {
    feed(1'000, 1'000, 0, 30);
    feed(1, 1'099, 0, 30);
    CHECK(it.limit() == 100);
    feed(1, 1'100, 0, 30);
    CHECK(it.limit() == 50);
  }
  SECTION("nine outcomes in much more") {
    feed(9, 1'000, 1'000, 30);
    CHECK(it.limit() == 100);
    feed(1, 10'000, 0, 30);
    CHECK(it.limit() == 50);
  }
  SECTION("a drop is an outcome") {
    feed(9, 1'000, 12, 30);
    CHECK(it.limit() == 100);
    it.dropped(at(1'200));
    CHECK(it.limit() == 50);
  }
}

TEST_CASE("the equations, step by step") {
  plant p{100};
  p.window(flat(10));
  CHECK(p.it.limit() == 100);
  p.window(flat(20)); // g = 0.75, h = 12.5 / 4
  CHECK(p.it.limit() == 78);
  p.window(flat(16)); // g = 15/16, h = 78.125 / 8 * (7/8)^2
  CHECK(p.it.limit() == 80);
  p.window(flat(100)); // g = 1/2: half, without headroom
  CHECK(p.it.limit() == 40);
  p.window(flat(15)); // g = 1, h = sqrt 40.36; the baseline: 10 + 5/16
  CHECK(p.it.limit() == 46);
  p.window(flat(15.4)); // within 1.5 times the new baseline
  CHECK(p.it.limit() == 53);
}

TEST_CASE("Q7: it follows its equations, whatever comes: calls of any length, "
          "drops, little use, another most") {
  int runs = 0, whole = 0;
  holds(
    [&] {
      ++runs;
      auto max = pick<std::uint32_t>(1, 200);
      twins both{max};
      int regime = 10;
      for (auto word : tape(800)) {
        auto arg = word / 64;
        if (word % 64 < 4)
          regime = 10 << arg % 3;
        else if (word % 64 == 4)
          both.resize(arg % 200);
        both.window(word, regime);
        if (both.ideal.on_an_edge())
          return;
      }
      ++whole;
    },
    300);
  CHECK(2 * whole > runs); // else it says little
}

TEST_CASE("it looks in the second of the two windows: what drains in the first "
          "says nothing") {
  plant p{100};
  p.windows(22, flat(10)); // beyond the first look
  p.windows(20, flat(18)); // held back: something is to be learnt
  auto before = p.it.limit();
  p.window(flat(90));
  CHECK(p.it.limit() <= before);
  p.window(flat(14));
  before = p.it.limit();
  p.window(flat(20)); // 1.5 times 14 is 21
  CHECK(p.it.limit() > before);
  before = p.it.limit();
  p.window(flat(30));
  CHECK(p.it.limit() < before);
}

TEST_CASE("it looks after exactly twenty windows in a row that held it back, "
          "and one that did not starts the row anew") {
  plant p{1'000};
  p.windows(30, flat(10)); // beyond the first look
  auto slow = flat(17);
  auto looks = [&] {
    // The limit is halved to look, where g L + h would be much above.
    auto before = p.it.limit();
    p.window(slow);
    return p.it.limit() < before * 0.6;
  };
  for (int i = 1; i < 20; ++i)
    CHECK_FALSE(looks());
  p.window(flat(10));
  for (int i = 1; i < 20; ++i)
    CHECK_FALSE(looks());
  CHECK(looks());
}

TEST_CASE("where nothing was answered while it looked, nothing is learnt") {
  plant p{100};
  p.windows(21, flat(10)); // the last one drained
  for (int i = 0; i < 10; ++i)
    p.it.dropped(at(p.now + i * 12));
  p.now += 120;
  CHECK(p.it.limit() == 100);
  p.window(flat(20));
  CHECK(p.it.limit() == 78);
}

TEST_CASE("drops shrink it by their share, and drops alone by half") {
  adaptive_limit it{100};
  auto feed = [&](int samples, int drops, std::int64_t from) {
    for (int i = 0; i < samples; ++i)
      it.sample(millis{10}, 100, at(from));
    for (int i = 0; i < drops; ++i)
      it.dropped(at(from + 100));
  };
  feed(9, 1, 0); // nothing is known yet but the drop: g = 0.9
  CHECK(it.limit() == 98);
  feed(0, 10, 1'000);
  CHECK(it.limit() == 98);
  it.dropped(at(1'200));
  CHECK(it.limit() == 49);
}

TEST_CASE("another most: a lower one holds at once, a higher one is grown "
          "into") {
  plant p{100};
  p.windows(3, flat(10));
  p.it.resize(40);
  CHECK(p.it.limit() == 40);
  p.it.resize(200);
  CHECK(p.it.limit() == 40);
  p.window(flat(10));
  CHECK(p.it.limit() == 46);
  p.it.resize(0);
  CHECK(p.it.limit() == 1);
}
