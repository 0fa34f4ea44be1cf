#include "tests/simulation/law.hpp"

#include "actors/dependency/requests.hpp"

// B: breakers.

namespace caisson::simulation {
namespace {

using enum breaker_state;

/// B4, B3: states change along the allowed paths only, by the hand of the
/// present supervisor, and open lasts at least `open_for`.
class breaker_path_legal final : public law {
public:
  breaker_path_legal() : law("breaker_path_legal") {}

  void before(sight&, const taking& what) override {
    taker_ = what.who->id;
    order_ = what.as<breaker_mode_set>() || what.as<dependency_changed>();
  }

  void after(sight& seen, const taking&) override { check_all(seen); }

  void step(sight& seen) override {
    taker_ = 0;
    order_ = false;
    check_all(seen);
  }

private:
  struct memory {
    breaker_snapshot last;
    time_point opened{};
    bool known = false;
  };

  void check_all(sight& seen) {
    for (auto& x : seen.places) {
      auto now = x.where->retained();
      auto& last = of_[&x];
      if (last.known && now.state != last.last.state)
        check(seen, x, last, now);
      if (now.state == open && last.last.state != open)
        last.opened = seen.now;
      last.last = now;
      last.known = true;
    }
  }

  void check(sight& seen, const seen_place& x, const memory& last,
             const breaker_snapshot& now) {
    auto from = last.last.state;
    auto path = x.name + " went from " + std::string{name_of(from)} + " to "
                + std::string{name_of(now.state)};
    auto owner = x.where->supervisor();
    if (!owner || owner.id() != taker_)
      broken(seen, path + " by the hand of another");
    if (order_ || now.mode == breaker_mode::metrics_only)
      return;
    if (from == closed && now.state == half_open)
      broken(seen, path);
    if (from == open && now.state == closed)
      broken(seen, path);
    auto wait
      = x.least(last.opened, [](auto& s) { return s.breaker.open_for; });
    if (from == open && now.state == half_open && seen.now < last.opened + wait)
      broken(seen, path + " after only " + in_ms(seen.now - last.opened));
  }

  std::unordered_map<const seen_place*, memory> of_;
  caf::actor_id taker_ = 0;
  bool order_ = false;
};

/// B2, B7: closed, a breaker opens on exactly the k-th failure in a row among
/// the outcomes that its supervisor hears of, and half-open it follows its
/// probe: a model beside it counts the same messages.
class opens_exactly final : public law {
public:
  opens_exactly() : law("opens_exactly") {}

  void before(sight&, const taking& what) override {
    if (what.who->what != seen_actor::kind::dependency || !what.who->at)
      return;
    auto& m = of_[what.who->at];
    m.was = what.who->at->where->retained();
    m.expected = m.was;
    if (auto news = what.as<dependency_changed>())
      m.settings = news->settings->breaker;
    if (auto news = what.as<attempt_outcomes>())
      for (auto& x : news->list)
        count(m, x);
    if (auto news = what.as<std::shared_ptr<retry_request>>())
      count(m, (*news)->how);
    judges_ = what.as<attempt_outcomes>()
              || what.as<std::shared_ptr<retry_request>>();
  }

  void after(sight& seen, const taking& what) override {
    if (what.who->what != seen_actor::kind::dependency || !what.who->at)
      return;
    auto& m = of_[what.who->at];
    if (what.birth)
      m.settings = what.who->at->where->settings()->breaker;
    else if (judges_)
      check(seen, *what.who->at, m);
    judges_ = false;
  }

private:
  struct model {
    breaker_settings settings;
    breaker_snapshot was;
    breaker_snapshot expected;
  };

  static void count(model& m, const attempt_outcome& x) {
    auto& now = m.expected;
    if (x.permit.generation != now.generation || x.how == outcome::cancelled)
      return;
    if (now.state == half_open && x.permit.probe)
      move(now, x.how == outcome::failure ? open : closed);
    else if (now.state == closed && x.how == outcome::success)
      now.consecutive_failures = 0;
    else if (now.state == closed && x.how == outcome::failure
             && ++now.consecutive_failures >= m.settings.failures)
      move(now, open);
  }

  static void move(breaker_snapshot& x, breaker_state to) {
    x.state = to;
    x.consecutive_failures = 0;
    ++x.generation;
  }

  void check(sight& seen, const seen_place& x, const model& m) {
    if (m.was.mode != breaker_mode::automatic)
      return;
    auto now = x.where->retained();
    // Whoever waits may be let in as a probe at once.
    auto probes = m.expected.state == open && now.state == half_open;
    auto rates = m.settings.failure_rate || m.settings.slow_call
                 || m.settings.slow_first_token
                 || m.settings.slow_tokens_per_second;
    auto by_rate = rates && m.expected.state == closed && now.state == open;
    if (probes || by_rate)
      return;
    if (now.state != m.expected.state)
      broken(seen, x.name + " is " + std::string{name_of(now.state)} + " after "
                     + say(m.was.consecutive_failures)
                     + " failures and one more message, not "
                     + std::string{name_of(m.expected.state)});
    else if (now.state == closed
             && now.consecutive_failures != m.expected.consecutive_failures)
      broken(seen, x.name + " counts " + say(now.consecutive_failures)
                     + " failures in a row, not "
                     + say(m.expected.consecutive_failures));
  }

  std::unordered_map<const seen_place*, model> of_;
  bool judges_ = false;
};

/// B3: while a breaker is open nothing passes, but what was let in before.
class open_passes_nothing final : public law {
public:
  open_passes_nothing() : law("open_passes_nothing") {}

  void step(sight& seen) override {
    for (auto& x : seen.places)
      if (passes(*x.where))
        passed_[&x] = seen.now;
  }

  void attempt(sight& seen, const seen_attempt& x) override {
    auto probes = x.permit && x.permit->probe;
    if (!passes(*x.at->where) && !probes
        && seen.now > passed_[x.at] + longest_lag)
      broken(seen, "attempt " + say(x.id) + " passed the "
                     + std::string{name_of(x.at->where->state())}
                     + " breaker of " + x.at->name);
  }

private:
  static bool passes(const compartment& x) {
    switch (x.mode()) {
      case breaker_mode::automatic:
        return x.state() == closed;
      case breaker_mode::forced_open:
        return false;
      case breaker_mode::disabled:
      case breaker_mode::metrics_only:
        return true;
    }
    return true;
  }

  std::unordered_map<const seen_place*, time_point> passed_;
};

/// B1: of the probes that a dependency has let out, never more than
/// `half_open_probes` run at a time.
class probes_bounded final : public law {
public:
  probes_bounded() : law("probes_bounded") {}

  void attempt(sight& seen, const seen_attempt& x) override {
    if (!x.permit || !x.permit->probe)
      return;
    auto most = x.at->most(seen.now,
                           [](auto& s) { return s.breaker.half_open_probes; });
    auto running = std::count_if(
      seen.running.begin(), seen.running.end(), [&](auto* other) {
        return other->at == x.at && !other->orphan && other->permit
               && other->permit->probe
               && other->permit->generation == x.permit->generation;
      });
    if (running > static_cast<std::ptrdiff_t>(most))
      broken(seen,
             x.at->name + " runs " + say(running) + " probes, of " + say(most));
  }
};

/// A supervisor that restarts takes up its breaker where it was.
class restart_keeps_breaker final : public law {
public:
  restart_keeps_breaker() : law("restart_keeps_breaker") {}

  void before(sight& seen, const taking& what) override {
    if (what.who->ran || what.who->what != seen_actor::kind::dependency)
      return;
    before_.clear();
    for (auto& x : seen.places)
      before_.push_back(x.where->retained());
  }

  void after(sight& seen, const taking& what) override {
    if (before_.empty())
      return;
    auto before = std::exchange(before_, {});
    for (std::size_t i = 0; i < before.size(); ++i)
      if (&seen.places[i] == what.who->at)
        check(seen, seen.places[i], before[i]);
  }

private:
  void check(sight& seen, const seen_place& x, const breaker_snapshot& was) {
    auto now = x.where->retained();
    if (now.state != was.state || now.mode != was.mode
        || now.consecutive_failures != was.consecutive_failures
        || (was.state == open && now.open_until != was.open_until))
      broken(seen, x.name + " was " + std::string{name_of(was.state)} + " with "
                     + say(was.consecutive_failures)
                     + " failures and came back "
                     + std::string{name_of(now.state)} + " with "
                     + say(now.consecutive_failures));
  }

  std::vector<breaker_snapshot> before_;
};

} // namespace

void add_breaker_laws(code& to) {
  to.push_back(std::make_unique<breaker_path_legal>());
  to.push_back(std::make_unique<opens_exactly>());
  to.push_back(std::make_unique<open_passes_nothing>());
  to.push_back(std::make_unique<probes_bounded>());
  to.push_back(std::make_unique<restart_keeps_breaker>());
}

} // namespace caisson::simulation
