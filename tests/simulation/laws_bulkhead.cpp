#include "tests/simulation/law.hpp"

#include <map>

#include "actors/dependency/requests.hpp"

// Q: places and the queue.

namespace caisson::simulation {
namespace {

/// Q3: a place is taken as long as an attempt runs, and no longer, whatever
/// path lost it.
class permits_conserved final : public law {
public:
  permits_conserved() : law("permits_conserved") {}

  void step(sight& seen) override {
    for (auto& x : seen.places)
      if (x.running > x.where->bulkhead().in_flight())
        broken(seen, x.name + " runs " + say(x.running) + " attempts on "
                       + say(x.where->bulkhead().in_flight()) + " places");
  }

  void rest(sight& seen) override {
    for (auto& x : seen.places)
      if (x.running != x.where->bulkhead().in_flight())
        broken(seen, x.name + " has " + say(x.where->bulkhead().in_flight())
                       + " places taken, and " + say(x.running)
                       + " attempts run");
  }

  void end(sight& seen) override {
    for (auto& x : seen.places)
      if (x.where->bulkhead().in_flight() > 0
          || x.where->bulkhead().waiting() > 0 || x.running > 0)
        broken(seen, x.name + " kept places beyond the end");
  }
};

/// Q1, Q2: never more in flight than `concurrency`, never more waiting than
/// `queue` (and one that asks for a probe). Lowered bounds drain. Whom a reload
/// has not reached when the tree ends, it never will.
class bounds_are_kept final : public law {
public:
  bounds_are_kept() : law("bounds_are_kept") {}

  void step(sight& seen) override {
    if (!seen.ends.empty())
      return;
    before_.resize(seen.places.size());
    for (std::size_t i = 0; i < before_.size(); ++i)
      check(seen, seen.places[i], before_[i]);
  }

private:
  struct counts {
    std::uint32_t in_flight = 0;
    std::uint32_t waiting = 0;
  };

  void check(sight& seen, const seen_place& x, counts& before) {
    auto& gate = x.where->bulkhead();
    counts now{gate.in_flight(), gate.waiting()};
    auto most
      = x.most(seen.now, [](auto& s) { return s.bulkhead.concurrency; });
    auto queue = x.most(seen.now,
                        [](auto& s) { return std::max(s.bulkhead.queue, 1u); });
    if (gate.limit() < 1 || gate.limit() > most)
      broken(seen,
             x.name + " has " + say(gate.limit()) + " places, of " + say(most));
    if (now.in_flight > std::max(most, before.in_flight))
      broken(seen, x.name + " has " + say(now.in_flight) + " in flight, of "
                     + say(most));
    if (now.waiting > std::max(queue, before.waiting))
      broken(seen,
             x.name + " lets " + say(now.waiting) + " wait, of " + say(queue));
    before = now;
  }

  std::vector<counts> before_;
};

/// Q6: nobody waits while a place is free.
class no_lost_wake_up final : public law {
public:
  no_lost_wake_up() : law("no_lost_wake_up") {}

  void step(sight& seen) override {
    for (auto& x : seen.places) {
      auto& m = of_[x.number];
      auto limit = x.where->bulkhead().limit();
      if (limit > m.limit)
        m.raised = seen.now;
      m.limit = limit;
    }
  }

  void rest(sight& seen) override {
    for (auto& x : seen.places) {
      auto& gate = x.where->bulkhead();
      // A bulkhead that opens with time lets in with the next sweep.
      if (seen.now <= of_[x.number].raised + slack)
        continue;
      if (gate.waiting() > 0 && gate.in_flight() < gate.limit()
          && lets_in(seen, x))
        broken(seen, say(gate.waiting()) + " wait at " + x.name + " beside "
                       + say(gate.limit() - gate.in_flight()) + " free places");
    }
  }

private:
  struct memory {
    std::uint32_t limit = 0;
    time_point raised{};
  };

  static bool lets_in(const sight& seen, const seen_place& x) {
    // The end of a pause is seen by a sweep.
    auto held = x.where->held_until();
    if (held != time_point{} && held + slack > seen.now)
      return false;
    switch (x.where->mode()) {
      case breaker_mode::disabled:
      case breaker_mode::metrics_only:
        return true;
      case breaker_mode::forced_open:
        return false;
      case breaker_mode::automatic:
        break;
    }
    for (std::uint16_t i = 0; i < x.where->slots(); ++i)
      if (x.where->slot(i).state != breaker_state::closed)
        return false;
    return true;
  }

  std::unordered_map<std::uint32_t, memory> of_;
};

/// Q4: nobody waits longer than `queue_timeout` or the deadline.
class waits_no_longer final : public law {
public:
  waits_no_longer() : law("waits_no_longer") {}

  void before(sight& seen, const taking& what) override {
    auto asked = what.as<std::shared_ptr<admission_request>>();
    if (!asked || !what.who->at)
      return;
    list_.push_back({*asked, seen.now, (*asked)->who.deadline, what.who->at});
  }

  void step(sight& seen) override {
    std::erase_if(list_, [&](auto& x) {
      if (x.who.expired())
        return true;
      auto limit = x.where->most(
        x.since, [](auto& s) { return s.bulkhead.queue_timeout; });
      auto until = std::min<time_point>(x.since + limit, x.deadline);
      if (seen.now > until + slack)
        broken(seen, "somebody waits at " + x.where->name + " for "
                       + in_ms(seen.now - until) + " too long");
      return false;
    });
  }

private:
  struct waiting {
    std::weak_ptr<admission_request> who;
    time_point since;
    time_point deadline;
    const seen_place* where;
  };

  std::vector<waiting> list_;
};

/// Q5: callers who wait take turns: beside one's k-th call in the queue, each
/// other caller is let in at most k times.
class turns_are_taken final : public law {
public:
  turns_are_taken() : law("turns_are_taken") {}

  void before(sight&, const taking& what) override {
    if (what.who->what != seen_actor::kind::dependency || !what.who->at)
      return;
    at_ = what.who->at;
    in_flight_ = at_->where->bulkhead().in_flight();
    auto asked = what.as<std::shared_ptr<admission_request>>();
    if (!asked)
      return;
    auto& line = lines_[at_->number];
    auto caller = (*asked)->who.caller;
    std::uint32_t ahead = 0;
    for (auto& x : line)
      ahead += x.caller == caller ? 1 : 0;
    line.push_back({*asked, caller, ahead + 1, {}});
  }

  void after(sight& seen, const taking&) override {
    if (!at_)
      return;
    auto& line = lines_[at_->number];
    std::vector<std::uint64_t> gone;
    std::erase_if(line, [&](auto& x) {
      if (!x.who.expired())
        return false;
      gone.push_back(x.caller);
      return true;
    });
    // Let in or sent away? Where it was both, nobody can tell who.
    auto let_in = at_->where->bulkhead().in_flight() - in_flight_;
    if (let_in == gone.size())
      for (auto caller : gone)
        note(seen, line, caller);
    else if (let_in > 0)
      line.clear();
    at_ = nullptr;
  }

private:
  struct waiting {
    std::weak_ptr<admission_request> who;
    std::uint64_t caller;
    std::uint32_t place; ///< in its caller's line
    std::map<std::uint64_t, std::uint32_t> others;
  };

  void note(sight& seen, std::vector<waiting>& line, std::uint64_t caller) {
    for (auto& x : line)
      if (x.caller != caller && ++x.others[caller] > x.place)
        broken(seen, "caller " + say(caller) + " was let in "
                       + say(x.others[caller]) + " times at " + at_->name
                       + " beside call " + say(x.place) + " of caller "
                       + say(x.caller));
  }

  const seen_place* at_ = nullptr;
  std::uint32_t in_flight_ = 0;
  std::map<std::uint32_t, std::vector<waiting>> lines_;
};

} // namespace

void add_bulkhead_laws(code& to) {
  to.push_back(std::make_unique<permits_conserved>());
  to.push_back(std::make_unique<bounds_are_kept>());
  to.push_back(std::make_unique<no_lost_wake_up>());
  to.push_back(std::make_unique<waits_no_longer>());
  to.push_back(std::make_unique<turns_are_taken>());
}

} // namespace caisson::simulation
