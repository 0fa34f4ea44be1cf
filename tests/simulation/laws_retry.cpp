#include "tests/simulation/law.hpp"

#include <deque>

#include "actors/dependency/requests.hpp"

// R: attempts and their time.

namespace caisson::simulation {
namespace {

using std::chrono::seconds;

std::string attempt_at(const seen_attempt& x) {
  return "attempt " + say(x.id) + " of request " + say(x.of->id) + " at "
         + x.at->name;
}

/// R1: no more attempts at one target than `attempts`, or 6 where the
/// dependency asked for less load; a call that was lost with an actor is made
/// again, at most 3 times.
class attempts_bounded final : public law {
public:
  attempts_bounded() : law("attempts_bounded") {}

  void attempt(sight& seen, const seen_attempt& x) override {
    auto most
      = x.at->most(x.of->asked, [](auto& s) { return s.retry.attempts; });
    std::uint32_t made = 0;
    for (auto* other : x.of->attempts) {
      if (other->at != x.at || other->model != x.model)
        continue;
      ++made;
      if (other->failed && overload(*other->failed))
        most = std::max(most, 6u);
    }
    if (seen.last_death >= x.of->asked)
      most *= 4;
    if (made > most)
      broken(seen,
             attempt_at(x) + " is number " + say(made) + " of " + say(most));
  }
};

/// R4, Q4: no attempt begins after the deadline, and none outlasts it.
class no_attempt_past_deadline final : public law {
public:
  no_attempt_past_deadline() : law("no_attempt_past_deadline") {}

  void attempt(sight& seen, const seen_attempt& x) override {
    if (seen.now >= x.of->what->deadline)
      broken(seen, attempt_at(x) + " begins "
                     + in_ms(seen.now - x.of->what->deadline)
                     + " after the deadline");
  }

  void step(sight& seen) override {
    for (auto* x : seen.running)
      if (seen.now > x->of->what->deadline + slack)
        broken(seen, attempt_at(*x) + " runs "
                       + in_ms(seen.now - x->of->what->deadline)
                       + " after the deadline");
  }
};

/// R6, R7: what may have had an effect is not done again, and what the client
/// has begun to read is not begun again: it is taken up where it was.
class nothing_twice final : public law {
public:
  nothing_twice() : law("nothing_twice") {}

  void attempt(sight& seen, const seen_attempt& x) override {
    if (x.so_far != x.of->body)
      late_.push_back(&x);
    if (x.of->what->idempotent)
      return;
    for (auto* other : x.of->attempts)
      if (other != &x && !(other->failed && surely_unsent(*other->failed)))
        broken(seen, attempt_at(x) + " does again what may have been done");
  }

  /// A hedge may be under way when the other begins to answer: it ends at once,
  /// or with the next sweep, where the front end that would say so has died.
  void rest(sight& seen) override {
    std::erase_if(late_, [&](auto* x) {
      auto slow = seen.last_death >= x->of->asked;
      if (x->running && slow && seen.now <= x->began + slack)
        return false;
      if (x->running)
        broken(seen,
               attempt_at(*x) + " does not go on from what the client has");
      return true;
    });
  }

private:
  std::vector<const seen_attempt*> late_;
};

/// R3: a dependency that asks for a pause is not called before its end.
class pauses_obeyed final : public law {
public:
  pauses_obeyed() : law("pauses_obeyed") {}

  void before(sight& seen, const taking& what) override {
    auto news = what.as<std::shared_ptr<retry_request>>();
    if (!news || !what.who->at || !overload((*news)->why)
        || !(*news)->why.retry_after)
      return;
    auto& m = of_[what.who->at];
    m.told = seen.now;
    m.until
      = std::max<time_point>(m.until, seen.now + *(*news)->why.retry_after);
  }

  void attempt(sight& seen, const seen_attempt& x) override {
    auto& m = of_[x.at];
    if (seen.now > m.told + longest_lag && seen.now < m.until)
      broken(seen, attempt_at(x) + " begins " + in_ms(m.until - seen.now)
                     + " before the end of a pause");
    for (auto* other : x.of->attempts)
      if (other != &x && other->at == x.at && other->model == x.model
          && other->failed && other->failed->retry_after
          && seen.last_death < other->ended
          && seen.now < other->ended + *other->failed->retry_after)
        broken(seen, attempt_at(x) + " does not wait as it was told");
  }

private:
  struct memory {
    time_point told{};
    time_point until{};
  };

  std::unordered_map<const seen_place*, memory> of_;
};

/// R5: in any 10 seconds, retries stay within their share of the calls; 3 a
/// second are always allowed. A supervisor that restarts begins a new budget.
class budget_kept final : public law {
public:
  budget_kept() : law("budget_kept") {}

  void after(sight& seen, const taking& what) override {
    auto& x = what.who->at;
    if (!x)
      return;
    auto& m = of_[x];
    if (what.who->what == seen_actor::kind::dependency && what.birth)
      m.births.push_back(seen.now);
    auto verdict = granted_;
    granted_ = false;
    if (!verdict)
      return;
    m.retries.push_back(seen.now);
    check(seen, *x, m, seconds{10}, 33);
    check(seen, *x, m, seconds{1}, 6);
  }

  void before(sight&, const taking& what) override {
    auto verdict = what.as<retry_verdict>();
    granted_ = verdict && verdict->delay;
  }

private:
  struct memory {
    std::vector<time_point> births;
    std::vector<time_point> retries;
  };

  void check(sight& seen, const seen_place& x, const memory& m, seconds within,
             std::size_t floor) {
    auto recent = [&](const std::vector<time_point>& list, duration since) {
      return static_cast<std::size_t>(
        std::count_if(list.begin(), list.end(),
                      [&](auto when) { return when + since >= seen.now; }));
    };
    auto lives = 1 + recent(m.births, within);
    // All attempts: more than the calls that earn, so never too strict.
    std::size_t calls = 0;
    for (auto i = x.attempts.rbegin(); i != x.attempts.rend(); ++i)
      calls += (*i)->running || (*i)->ended + seconds{12} >= seen.now ? 1 : 0;
    auto share
      = x.most(seen.now - seconds{10}, [](auto& s) { return s.retry.budget; });
    auto earned = static_cast<std::size_t>(share * static_cast<double>(calls));
    auto made = recent(m.retries, within);
    if (made > lives * (floor + earned))
      broken(seen, x.name + " made " + say(made) + " retries in "
                     + say(static_cast<std::uint64_t>(within.count()))
                     + " s, of " + say(lives * (floor + earned)));
  }

  std::unordered_map<const seen_place*, memory> of_;
  bool granted_ = false;
};

/// R9: nothing runs for somebody who does not wait.
class no_orphan_attempt final : public law {
public:
  no_orphan_attempt() : law("no_orphan_attempt") {}

  void rest(sight& seen) override {
    for (auto* x : seen.running) {
      // Who is told by a front end that has died sees it with the next sweep.
      auto slow = seen.last_death >= x->of->asked;
      if (x->of->finals > 0 && (!slow || seen.now > x->of->answered + slack))
        broken(seen, attempt_at(*x) + " goes on after its answer");
      else if (x->of->left && seen.now > *x->of->left + slack)
        broken(seen, attempt_at(*x) + " goes on for nobody");
    }
  }
};

} // namespace

void add_retry_laws(code& to) {
  to.push_back(std::make_unique<attempts_bounded>());
  to.push_back(std::make_unique<no_attempt_past_deadline>());
  to.push_back(std::make_unique<nothing_twice>());
  to.push_back(std::make_unique<pauses_obeyed>());
  to.push_back(std::make_unique<budget_kept>());
  to.push_back(std::make_unique<no_orphan_attempt>());
}

} // namespace caisson::simulation
