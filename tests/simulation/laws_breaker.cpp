// Reason for length: all that is to be said of breakers, one class a law.
#include "tests/simulation/law.hpp"

#include <map>

#include "actors/dependency/requests.hpp"

// B: breakers. A place has one, or one for each model: a slot each.

namespace caisson::simulation {
namespace {

/// A probe keeps its place for as long as an attempt may take, whatever is set.
millis lease_of(const dependency_settings& of) {
  return std::max(of.breaker.probe_lease, of.timeout + of.connect_timeout);
}

breaker_settings judged(const dependency_settings& of) {
  auto result = of.breaker;
  result.probe_lease = lease_of(of);
  return result;
}

using enum breaker_state;

/// One breaker.
using judge = std::pair<std::uint32_t, std::uint16_t>;

judge judge_of(const seen_place& x, std::uint16_t slot) {
  return {x.number, slot};
}

std::string title_of(const seen_place& x, std::uint16_t slot) {
  return slot == 0 ? x.name : x.name + "[" + say(slot) + "]";
}

template <class Each>
void each_judge(sight& seen, Each each) {
  for (auto& x : seen.places)
    for (std::uint16_t slot = 0; slot < x.where->slots(); ++slot)
      each(x, slot);
}

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
    each_judge(seen, [&](auto& x, auto slot) {
      auto now = x.where->retained(slot);
      auto& m = of_[judge_of(x, slot)];
      if (m.known && now.state != m.last.state)
        check(seen, x, slot, m, now);
      if (now.state == open && m.last.state != open)
        m.opened = seen.now;
      m.last = now;
      m.known = true;
    });
  }

  void check(sight& seen, const seen_place& x, std::uint16_t slot,
             const memory& m, const breaker_snapshot& now) {
    auto from = m.last.state;
    auto path = title_of(x, slot) + " went from " + std::string{name_of(from)}
                + " to " + std::string{name_of(now.state)};
    auto owner = x.where->supervisor();
    if (!owner || owner.id() != taker_)
      broken(seen, path + " by the hand of another");
    if (order_ || now.mode == breaker_mode::metrics_only)
      return;
    if ((from == closed && now.state == half_open)
        || (from == open && now.state == closed))
      broken(seen, path);
    auto wait = x.least(m.opened, [](auto& s) { return s.breaker.open_for; });
    if (from == open && now.state == half_open && seen.now < m.opened + wait)
      broken(seen, path + " after only " + in_ms(seen.now - m.opened));
  }

  std::map<judge, memory> of_;
  caf::actor_id taker_ = 0;
  bool order_ = false;
};

/// B2, B7: closed, a breaker opens on exactly the k-th failure in a row among
/// the outcomes that its supervisor hears of, and half-open it follows its
/// probe: a model beside it counts the same messages.
class opens_exactly final : public law {
public:
  opens_exactly() : law("opens_exactly") {}

  void before(sight& seen, const taking& what) override {
    heard_.clear();
    if (what.who->what != seen_actor::kind::dependency || !what.who->at)
      return;
    at_ = what.who->at;
    if (auto news = what.as<dependency_changed>())
      settings_[at_->number] = judged(*news->settings);
    if (auto news = what.as<attempt_outcomes>())
      for (auto& x : news->list)
        count(seen, x);
    if (auto news = what.as<std::shared_ptr<retry_request>>())
      count(seen, (*news)->how);
  }

  void after(sight& seen, const taking& what) override {
    if (what.birth && what.who->what == seen_actor::kind::dependency
        && what.who->at)
      settings_[what.who->at->number]
        = judged(*what.who->at->where->settings());
    for (auto& [slot, m] : heard_)
      check(seen, *at_, slot, m);
  }

  void attempt(sight& seen, const seen_attempt& x) override {
    if (x.permit && x.permit->probe)
      begun_[{judge_of(*x.at, x.permit->slot),
              {x.permit->generation, x.permit->lease}}]
        = seen.now;
  }

private:
  struct model {
    breaker_snapshot was;
    breaker_snapshot expected;
    bool unsure = false;
  };

  void count(sight& seen, const attempt_outcome& x) {
    auto slot = x.permit.slot;
    auto [at, fresh] = heard_.try_emplace(slot);
    auto& m = at->second;
    if (fresh)
      m.was = m.expected = at_->where->retained(slot);
    auto& now = m.expected;
    if (x.permit.generation != now.generation || x.how == outcome::cancelled)
      return;
    if (now.state == half_open && x.permit.probe) {
      if (!leased(seen, x, m))
        return;
      move(now, x.how == outcome::failure ? open : closed);
    } else if (now.state == closed && x.how == outcome::success) {
      now.consecutive_failures = 0;
    } else if (now.state == closed && x.how == outcome::failure
               && ++now.consecutive_failures
                    >= settings_[at_->number].failures) {
      move(now, open);
    }
  }

  /// Whether that probe still counts. When it was let out is known but for the
  /// time that the message took.
  bool leased(sight& seen, const attempt_outcome& x, model& m) {
    auto begun = begun_.find(
      {judge_of(*at_, x.permit.slot), {x.permit.generation, x.permit.lease}});
    auto lease = settings_[at_->number].probe_lease;
    m.unsure |= begun == begun_.end()
                || (seen.now + slack >= begun->second + lease
                    && seen.now <= begun->second + lease + slack)
                || at_->versions.back().since + lease + slack > seen.now;
    return begun != begun_.end() && seen.now < begun->second + lease;
  }

  static void move(breaker_snapshot& x, breaker_state to) {
    x.state = to;
    x.consecutive_failures = 0;
    ++x.generation;
  }

  void check(sight& seen, const seen_place& x, std::uint16_t slot,
             const model& m) {
    if (m.was.mode != breaker_mode::automatic || m.unsure)
      return;
    auto now = x.where->retained(slot);
    // Whoever waits may be let in as a probe at once.
    auto probes = m.expected.state == open && now.state == half_open;
    auto& settings = settings_[x.number];
    auto rates = settings.failure_rate || judges_slow(settings);
    auto by_rate = rates && m.expected.state == closed && now.state == open;
    if (probes || by_rate)
      return;
    auto name = title_of(x, slot);
    if (now.state != m.expected.state)
      broken(seen, name + " is " + std::string{name_of(now.state)} + " after "
                     + say(m.was.consecutive_failures)
                     + " failures and one more message, not "
                     + std::string{name_of(m.expected.state)});
    else if (now.state == closed
             && now.consecutive_failures != m.expected.consecutive_failures)
      broken(seen, name + " counts " + say(now.consecutive_failures)
                     + " failures in a row, not "
                     + say(m.expected.consecutive_failures));
  }

  const seen_place* at_ = nullptr;
  std::map<std::uint16_t, model> heard_; ///< by the present message
  std::map<std::uint32_t, breaker_settings> settings_;
  std::map<std::pair<judge, std::pair<std::uint32_t, std::uint32_t>>,
           time_point>
    begun_;
};

/// B3: while a breaker is open nothing passes, but what was let in before.
class open_passes_nothing final : public law {
public:
  open_passes_nothing() : law("open_passes_nothing") {}

  void step(sight& seen) override {
    each_judge(seen, [&](auto& x, auto slot) {
      if (passes(x.where->slot(slot)))
        passed_[judge_of(x, slot)] = seen.now;
    });
    for (auto& x : seen.places)
      if (x.mode != breaker_mode::forced_open)
        free_[x.number] = seen.now;
  }

  void attempt(sight& seen, const seen_attempt& x) override {
    auto slot = x.permit ? x.permit->slot : x.slot;
    auto& judge = x.at->where->slot(slot);
    auto probes = x.permit && x.permit->probe;
    if (!passes(judge) && !probes
        && seen.now > passed_[judge_of(*x.at, slot)] + longest_lag)
      broken(seen, "attempt " + say(x.id) + " passed the "
                     + std::string{name_of(judge.state.load())} + " breaker of "
                     + title_of(*x.at, slot));
    if (seen.now > free_[x.at->number] + longest_lag && seen.strict)
      broken(seen, "attempt " + say(x.id) + " passed " + x.at->name
                     + ", which the operator has closed");
  }

private:
  static bool passes(const breaker_slot& x) {
    switch (x.mode) {
      case breaker_mode::automatic:
        return x.state == closed;
      case breaker_mode::forced_open:
        return false;
      case breaker_mode::disabled:
      case breaker_mode::metrics_only:
        return true;
    }
    return true;
  }

  std::map<judge, time_point> passed_;
  std::map<std::uint32_t, time_point> free_;
};

/// B1: of the probes that a breaker has let out, never more than
/// `half_open_probes` run at a time, but for those that lost their lease.
class probes_bounded final : public law {
public:
  probes_bounded() : law("probes_bounded") {}

  void attempt(sight& seen, const seen_attempt& x) override {
    if (!x.permit || !x.permit->probe)
      return;
    auto most = x.at->most(seen.now,
                           [](auto& s) { return s.breaker.half_open_probes; });
    auto lease = x.at->least(x.began, [](auto& s) { return lease_of(s); });
    auto running = std::count_if(
      seen.running.begin(), seen.running.end(), [&](auto* other) {
        return other->at == x.at && !other->orphan && other->permit
               && other->permit->probe && other->permit->slot == x.permit->slot
               && other->permit->generation == x.permit->generation
               && seen.now + longest_lag < other->began + lease;
      });
    if (running > static_cast<std::ptrdiff_t>(most))
      broken(seen, title_of(*x.at, x.permit->slot) + " runs " + say(running)
                     + " probes, of " + say(most));
  }
};

/// A supervisor that restarts takes up its breakers where they were.
class restart_keeps_breaker final : public law {
public:
  restart_keeps_breaker() : law("restart_keeps_breaker") {}

  void before(sight& seen, const taking& what) override {
    before_.clear();
    if (!what.birth || what.who->what != seen_actor::kind::dependency)
      return;
    each_judge(seen, [&](auto& x, auto slot) {
      before_[judge_of(x, slot)] = x.where->retained(slot);
    });
  }

  void after(sight& seen, const taking& what) override {
    for (auto& [of, was] : before_)
      if (what.who->at && what.who->at->number == of.first)
        check(seen, *what.who->at, of.second, was);
    before_.clear();
  }

private:
  void check(sight& seen, const seen_place& x, std::uint16_t slot,
             const breaker_snapshot& was) {
    auto now = x.where->retained(slot);
    if (now.mode != x.mode)
      broken(seen, title_of(x, slot) + " is to be "
                     + std::string{name_of(x.mode)} + " and came back "
                     + std::string{name_of(now.mode)});
    // Another mode may begin afresh.
    if (now.mode != was.mode)
      return;
    if (now.state != was.state
        || now.consecutive_failures != was.consecutive_failures
        || now.openings != was.openings
        || (was.state == open && now.open_until != was.open_until))
      broken(seen, title_of(x, slot) + " was " + std::string{name_of(was.state)}
                     + " with " + say(was.consecutive_failures)
                     + " failures and came back "
                     + std::string{name_of(now.state)} + " with "
                     + say(now.consecutive_failures));
  }

  std::map<judge, breaker_snapshot> before_;
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
