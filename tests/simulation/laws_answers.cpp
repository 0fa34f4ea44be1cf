#include "tests/simulation/law.hpp"

// What a client may rely on.

namespace caisson::simulation {
namespace {

using end = seen_request::end;

std::string request(const seen_request& x) {
  return "request " + say(x.id);
}

/// S4: exactly one final answer for each request, its words in order.
class one_answer final : public law {
public:
  one_answer() : law("one_answer") {}

  void step(sight& seen) override {
    for (; checked_ < seen.requests.size(); ++checked_)
      watched_.push_back(&seen.requests[checked_]);
    std::erase_if(watched_, [&](auto* x) {
      if (x->finals > 1)
        broken(seen, request(*x) + " had " + say(x->finals) + " answers");
      else if (x->out_of_turn)
        broken(seen, request(*x) + " heard a word out of turn");
      // A second answer may come as long as anybody may speak of it.
      return x->finals > 0 && seen.now > x->answered + std::chrono::seconds{5};
    });
  }

  void end(sight& seen) override {
    for (auto& x : seen.requests)
      if (x.finals != 1)
        broken(seen, request(x) + " had " + say(x.finals) + " answers");
  }

private:
  std::size_t checked_ = 0;
  std::vector<const seen_request*> watched_;
};

/// S4: by the deadline, whoever dies. The 50 ms that the contract allows are
/// those of a machine that keeps up: one that is late adds its delays.
class answered_in_time final : public law {
public:
  answered_in_time() : law("answered_in_time") {}

  void step(sight& seen) override {
    for (auto* x : seen.open)
      if (!x->left && seen.now > x->what->deadline + slack)
        broken(seen, request(*x) + " is without an answer "
                       + in_ms(seen.now - x->what->deadline)
                       + " after its deadline");
  }
};

/// The answer is the one that the dependency gave to this very request: whole,
/// once, in order; a stream that broke off never ends as if complete.
class answer_is_its_own final : public law {
public:
  answer_is_its_own() : law("answer_is_its_own") {}

  void step(sight& seen) override {
    for (; checked_ < seen.requests.size(); ++checked_)
      open_.push_back(&seen.requests[checked_]);
    std::erase_if(open_, [&](auto* x) {
      if (x->finals == 0)
        return false;
      check(seen, *x);
      return true;
    });
  }

private:
  void check(sight& seen, const seen_request& x) {
    auto good = x.how == end::answered || x.how == end::ended;
    if (!good)
      return;
    for (auto* one : x.attempts)
      if (one->complete && one->so_far + one->said == x.body && from(x, *one))
        return;
    broken(seen, request(x) + " was told \"" + x.body
                   + "\", which no dependency said to it");
  }

  /// A stream that moved on says where it began.
  static bool from(const seen_request& x, const seen_attempt& last) {
    return std::any_of(x.attempts.begin(), x.attempts.end(), [&](auto* one) {
      return one->at->name == x.from
             && (one == &last || (x.begun && one->id < last.id));
    });
  }

  std::size_t checked_ = 0;
  std::vector<const seen_request*> open_;
};

/// Nobody is refused for a reason that does not exist.
class refusals_are_true final : public law {
public:
  refusals_are_true() : law("refusals_are_true") {}

  void step(sight& seen) override {
    for (; places_.size() < seen.places.size();)
      places_.push_back({});
    for (std::size_t i = 0; i < places_.size(); ++i)
      look(seen, seen.places[i], places_[i]);
    for (; checked_ < seen.requests.size(); ++checked_)
      open_.push_back(&seen.requests[checked_]);
    std::erase_if(open_, [&](auto* x) {
      if (x->how == end::failed)
        check(seen, *x);
      return x->finals > 0;
    });
  }

private:
  struct memory {
    time_point closed_door{}; ///< when its breaker was last not passing
    time_point full{};        ///< when a place or the queue was last taken up
  };

  void look(sight& seen, const seen_place& x, memory& of) {
    auto& where = *x.where;
    auto& gate = where.bulkhead();
    for (std::uint16_t i = 0; i < where.slots(); ++i)
      if (where.slot(i).state != breaker_state::closed
          || where.slot(i).mode == breaker_mode::forced_open)
        of.closed_door = seen.now;
    if (gate.in_flight() >= gate.limit() || gate.waiting() > 0
        || where.held_until() > seen.now)
      of.full = seen.now;
  }

  void check(sight& seen, const seen_request& x) {
    auto code = x.why.code;
    if (code == errc::deadline_exceeded && seen.now < x.what->deadline)
      broken(seen, request(x) + " was told of a deadline that had not passed");
    if (code != errc::circuit_breaker_open && code != errc::bulkhead_rejected)
      return;
    for (std::size_t i = 0; i < places_.size(); ++i) {
      auto since = code == errc::circuit_breaker_open ? places_[i].closed_door
                                                      : places_[i].full;
      if (seen.places[i].name == x.why.dependency && since >= x.asked)
        return;
    }
    broken(seen, request(x) + " was refused with " + std::string{name_of(code)}
                   + " by " + x.why.dependency + ", without cause");
  }

  std::size_t checked_ = 0;
  std::vector<memory> places_;
  std::vector<const seen_request*> open_;
};

/// What a client is told of a failure has happened, to an attempt of its own.
class causes_are_true final : public law {
public:
  causes_are_true() : law("causes_are_true") {}

  void step(sight& seen) override {
    for (; checked_ < seen.requests.size(); ++checked_)
      open_.push_back(&seen.requests[checked_]);
    std::erase_if(open_, [&](auto* x) {
      if (x->finals > 0)
        check(seen, *x);
      return x->finals > 0;
    });
  }

private:
  void check(sight& seen, const seen_request& x) {
    // A hedge counts the other one, even where that waits for a place.
    if (x.attempts_told > x.attempts.size() + (seen.strict ? 0 : 1))
      broken(seen, request(x) + " was told of " + say(x.attempts_told)
                     + " attempts, of " + say(x.attempts.size()));
    auto own
      = x.how != end::failed || ours(x.why.kind)
        || std::any_of(x.attempts.begin(), x.attempts.end(), [&](auto* one) {
             return one->failed && one->failed->kind == x.why.kind
                    && one->at->name == x.why.dependency;
           });
    if (!own)
      broken(seen, request(x) + " was told of "
                     + std::string{name_of(x.why.kind)}
                     + ", which no dependency said to it");
  }

  /// Failures that the node itself sees.
  static bool ours(failure_kind x) {
    return x == failure_kind::none || x == failure_kind::crash
           || x == failure_kind::first_byte_timeout
           || x == failure_kind::body_timeout
           || x == failure_kind::idle_timeout;
  }

  std::size_t checked_ = 0;
  std::vector<const seen_request*> open_;
};

} // namespace

void add_answer_laws(code& to) {
  to.push_back(std::make_unique<one_answer>());
  to.push_back(std::make_unique<answered_in_time>());
  to.push_back(std::make_unique<answer_is_its_own>());
  to.push_back(std::make_unique<refusals_are_true>());
  to.push_back(std::make_unique<causes_are_true>());
}

} // namespace caisson::simulation
