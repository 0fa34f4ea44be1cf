#include "tests/simulation/law.hpp"

#include <caf/exit_reason.hpp>
#include <caf/system_messages.hpp>

// S: who lives, who is restarted, who decides.

namespace caisson::simulation {
namespace {

using kind = seen_actor::kind;

constexpr std::size_t most_restarts = 3;
constexpr std::chrono::seconds within{5};
/// A dependency that left the config stays this long for requests on their way.
constexpr std::chrono::seconds linger{120};

/// S1: a child that ends is restarted, but more than 3 in 5 s end their parent:
/// a ledger beside each supervisor counts the same ends.
class restarts_as_specified final : public law {
public:
  restarts_as_specified() : law("restarts_as_specified") {}

  void before(sight& seen, const taking& what) override {
    expected_ = verdict::none;
    auto down = what.as<caf::down_msg>();
    auto child = down ? seen.actor(down->source.id()) : nullptr;
    if (!child || child->parent != what.who->id)
      return;
    auto abnormal = static_cast<bool>(down->reason)
                    && down->reason != caf::exit_reason::user_shutdown;
    if (child->what == kind::dependency && !abnormal) {
      expected_ = verdict::forget;
      return;
    }
    place_ = child->record;
    restarts_ = place_ ? place_->restarts.load() : 0;
    auto& past = ledgers_[what.who->id];
    past.push_back(seen.now);
    std::erase_if(past, [&](auto when) { return seen.now - when > within; });
    expected_
      = past.size() > most_restarts ? verdict::escalate : verdict::restart;
  }

  void after(sight& seen, const taking& what) override {
    auto name = what.who->record ? what.who->record->name : "somebody";
    auto births = seen.born.size();
    switch (expected_) {
      case verdict::none:
        break;
      case verdict::forget:
        if (births > 0)
          broken(seen, name + " restarted what was to be forgotten");
        break;
      case verdict::restart:
        if (births != 1 || !what.who->alive)
          broken(seen, name + " did not restart its child");
        else if (place_ && place_->restarts != restarts_ + 1)
          broken(seen, name + " did not count the restart of its child");
        break;
      case verdict::escalate:
        if (births > 0 || what.who->alive)
          broken(seen, name
                         + " did not give up after more than 3 restarts "
                           "in 5 s");
        break;
    }
  }

private:
  enum class verdict { none, forget, restart, escalate };
  verdict expected_ = verdict::none;
  record_ptr place_;
  std::uint32_t restarts_ = 0;
  std::unordered_map<caf::actor_id, std::vector<time_point>> ledgers_;
};

/// S2: the tree ends once, when its root does, and says why.
class ends_once final : public law {
public:
  ends_once() : law("ends_once") {}

  void step(sight& seen) override {
    for (auto& x : seen.actors)
      if (!root_ && x.what == kind::supervisor)
        root_ = &x; // the first of all
    auto gone = root_ && !root_->alive;
    if (seen.ends.size() != (gone ? 1u : 0u))
      broken(seen, "the tree told of its end " + say(seen.ends.size())
                     + " times, its root is " + (gone ? "gone" : "alive"));
    if (gone && !seen.stopping && !seen.ends.empty() && !seen.ends.front())
      broken(seen, "the tree gave up and said that all was well");
  }

private:
  const seen_actor* root_ = nullptr;
};

/// S3: whoever is in the config is at home, once, whoever died before.
class everyone_home final : public law {
public:
  everyone_home() : law("everyone_home") {}

  void rest(sight& seen) override {
    if (!seen.ends.empty()) {
      nobody(seen);
      return;
    }
    std::size_t supervisors = 0;
    std::size_t front_ends = 0;
    std::size_t caches = 0;
    std::size_t limiters = 0;
    std::size_t semantics = 0;
    std::size_t agents = 0;
    std::unordered_map<const seen_place*, std::size_t> owners;
    std::unordered_map<const seen_place*, std::size_t> workers;
    for (auto& x : seen.actors) {
      if (!x.alive)
        continue;
      supervisors += x.what == kind::supervisor ? 1 : 0;
      front_ends += x.what == kind::front_end ? 1 : 0;
      caches += x.what == kind::cache ? 1 : 0;
      limiters += x.what == kind::limiter ? 1 : 0;
      semantics += x.what == kind::semantic ? 1 : 0;
      agents += x.what == kind::agent ? 1 : 0;
      if (x.what == kind::dependency)
        ++owners[x.at];
      if (x.what == kind::worker)
        ++workers[x.at];
    }
    if (supervisors != 6 || front_ends != seen.threads || caches != seen.threads
        || limiters != seen.threads || semantics != 1 || agents != seen.threads)
      broken(seen, say(supervisors) + " supervisors, " + say(front_ends)
                     + " front ends, " + say(caches) + " caches, "
                     + say(limiters) + " limiters, " + say(semantics)
                     + " semantic caches and " + say(agents)
                     + " agents are at home");
    for (auto& x : seen.places) {
      auto few = owners[&x] == 1 && workers[&x] == seen.threads;
      auto none = owners[&x] == 0 && workers[&x] == 0;
      if (!few && !(x.removed && none))
        broken(seen, say(owners[&x]) + " supervisors and " + say(workers[&x])
                       + " workers of " + x.name + " are at home");
    }
  }

private:
  void nobody(sight& seen) {
    for (auto& x : seen.actors)
      if (x.alive && x.resident())
        broken(seen, (x.record ? x.record->name : std::string{"somebody"})
                       + " outlives its tree");
  }
};

/// Whoever left the config ends, once idle and after a while.
class the_removed_leave final : public law {
public:
  the_removed_leave() : law("the_removed_leave") {}

  void rest(sight& seen) override {
    for (auto& x : seen.places)
      if (x.removed && x.running == 0 && seen.now > *x.removed + linger + slack)
        for (auto& who : seen.actors)
          if (who.alive && who.at == &x)
            broken(seen, who.record->name + " stays after "
                           + in_ms(seen.now - *x.removed));
  }
};

/// B3, B5: once all is well, every dependency answers again.
class heals final : public law {
public:
  heals() : law("heals") {}

  void calm(sight& seen) override {
    auto last = seen.requests.rbegin();
    for (; last != seen.requests.rend(); ++last) {
      auto& x = *last;
      if (x.what->trace_id != "calm")
        break;
      if (x.how != seen_request::end::answered
          && x.how != seen_request::end::ended)
        broken(seen, "all is well, but " + x.what->model + " is refused with "
                       + std::string{name_of(x.why.code)});
    }
  }
};

/// What an operator or a reload has asked for holds, whoever died meanwhile.
class wishes_hold final : public law {
public:
  wishes_hold() : law("wishes_hold") {}

  /// What callers go by, at once: the supervisor need not have heard of it.
  void step(sight& seen) override {
    for (auto& x : seen.places)
      if (!x.removed && !same(*x.where->settings(), x.versions.back().settings))
        broken(seen, x.name + " has other settings than the last reload's");
  }

  void rest(sight& seen) override {
    if (!seen.ends.empty())
      return;
    for (auto& x : seen.places)
      if (!x.removed)
        check(seen, x);
  }

private:
  void check(sight& seen, const seen_place& x) {
    auto& wanted = x.versions.back().settings;
    if (x.where->mode() != x.mode)
      broken(seen, x.name + " is to be " + std::string{name_of(x.mode)}
                     + " and is " + std::string{name_of(x.where->mode())});
    for (auto& port : x.ports)
      if (!same(port, wanted))
        broken(seen, "a worker of " + x.name
                       + " has other settings than the last reload's");
  }

  static bool same(const dependency_settings& a, const dependency_settings& b) {
    return a.timeout == b.timeout && a.idle_timeout == b.idle_timeout
           && a.breaker.failures == b.breaker.failures
           && a.retry.attempts == b.retry.attempts
           && a.bulkhead.concurrency == b.bulkhead.concurrency
           && a.bulkhead.queue == b.bulkhead.queue;
  }
};

/// What people see of a mailbox is true: at rest they are all empty.
class mailboxes_are_true final : public law {
public:
  mailboxes_are_true() : law("mailboxes_are_true") {}

  void rest(sight& seen) override {
    for (auto& x : seen.actors)
      if (x.alive && x.record && x.record->mailbox() > 0)
        broken(seen, x.record->name + " is said to have "
                       + say(x.record->mailbox()) + " messages");
  }
};

/// S6: a request that was in an actor's hands at three of its crashes is set
/// aside, as are those like it, and nobody else.
class poison_set_aside final : public law {
public:
  poison_set_aside() : law("poison_set_aside") {}

  void before(sight& seen, const taking& what) override {
    auto news = what.as<job_finished>();
    if (!news || !news->suspect || !news->failure
        || news->failure->kind != failure_kind::crash)
      return;
    auto& request = seen.requests[news->id - 1];
    auto& crashes = crashes_[request.what->body->fingerprint()];
    ++crashes.all;
    // Heard of only by the front end that still knows the request.
    if (request.finals == 0 && ++crashes.heard == 3)
      crashes.third = seen.now;
  }

  void attempt(sight& seen, const seen_attempt& x) override {
    auto print = x.of->what->body->fingerprint();
    auto& crashes = crashes_[print];
    if (print != 0 && crashes.heard >= 3 && x.of->asked > crashes.third
        && seen.now < crashes.third + std::chrono::minutes{9})
      broken(seen, "request " + say(x.of->id)
                     + " is tried, although its like has crashed actors");
  }

  /// And nobody else is.
  void step(sight& seen) override {
    for (; checked_ < seen.requests.size(); ++checked_)
      open_.push_back(&seen.requests[checked_]);
    std::erase_if(open_, [&](auto* x) {
      auto blamed = x->how == seen_request::end::failed
                    && x->why.code == errc::unexpected
                    && x->why.kind == failure_kind::none;
      if (blamed && crashes_[x->what->body->fingerprint()].all < 3)
        broken(seen,
               "request " + say(x->id) + " is set aside, without a crash");
      return x->finals > 0;
    });
  }

private:
  struct memory {
    std::uint32_t all = 0;
    std::uint32_t heard = 0;
    time_point third{};
  };

  std::unordered_map<std::uint64_t, memory> crashes_;
  std::size_t checked_ = 0;
  std::vector<const seen_request*> open_;
};

/// Nobody is left when the tree has ended.
class all_gone final : public law {
public:
  all_gone() : law("all_gone") {}

  void end(sight& seen) override {
    if (seen.registered > 0)
      broken(seen, say(seen.registered) + " actors outlive their tree");
  }
};

} // namespace

void add_supervision_laws(code& to) {
  to.push_back(std::make_unique<restarts_as_specified>());
  to.push_back(std::make_unique<ends_once>());
  to.push_back(std::make_unique<everyone_home>());
  to.push_back(std::make_unique<the_removed_leave>());
  to.push_back(std::make_unique<heals>());
  to.push_back(std::make_unique<wishes_hold>());
  to.push_back(std::make_unique<mailboxes_are_true>());
  to.push_back(std::make_unique<poison_set_aside>());
  to.push_back(std::make_unique<all_gone>());
}

code all_laws() {
  code result;
  add_answer_laws(result);
  add_breaker_laws(result);
  add_bulkhead_laws(result);
  add_retry_laws(result);
  add_supervision_laws(result);
  return result;
}

} // namespace caisson::simulation
