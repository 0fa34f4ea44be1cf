#include "tests/simulation/law.hpp"

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
/// `queue` (and one that asks for a probe). Lowered bounds drain.
class bounds_are_kept final : public law {
public:
  bounds_are_kept() : law("bounds_are_kept") {}

  void step(sight& seen) override {
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

  void rest(sight& seen) override {
    for (auto& x : seen.places) {
      auto& gate = x.where->bulkhead();
      if (gate.waiting() > 0 && gate.in_flight() < gate.limit()
          && lets_in(seen, x))
        broken(seen, say(gate.waiting()) + " wait at " + x.name + " beside "
                       + say(gate.limit() - gate.in_flight()) + " free places");
    }
  }

private:
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
        return x.where->state() == breaker_state::closed;
    }
    return false;
  }
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

} // namespace

void add_bulkhead_laws(code& to) {
  to.push_back(std::make_unique<permits_conserved>());
  to.push_back(std::make_unique<bounds_are_kept>());
  to.push_back(std::make_unique<no_lost_wake_up>());
  to.push_back(std::make_unique<waits_no_longer>());
}

} // namespace caisson::simulation
