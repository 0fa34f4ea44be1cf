#include "actors/policies/retry.hpp"

#include <set>

#include "tests/laws/property.hpp"

using namespace caisson;
using namespace caisson::laws;
using kind = failure_kind;

namespace {

/// A retry decision with everything in its favour, to be spoiled one by one.
struct question {
  retry_settings settings;
  failed_attempt what;
  fault why = make_fault(errc::llm_error, kind::server_error, "");
  retry_budget budget{1.0};
  random_source random{1};
  time_point now = at(1'000);

  question() {
    settings.jitter = jitter_kind::none;
    what.deadline = at(1'000'000);
    for (int i = 0; i < 1'000; ++i)
      budget.deposit(now);
  }

  retry_decision ask() {
    return decide_retry(settings, what, why, budget, random, now);
  }

  std::optional<give_up> refusal() {
    auto answer = ask();
    return answer.delay ? std::nullopt : std::optional{answer.reason};
  }
};

fault fault_of(kind how, std::optional<std::int64_t> retry_after = {}) {
  auto result = make_fault(errc::llm_error, how, "");
  if (retry_after)
    result.retry_after = millis{*retry_after};
  return result;
}

const std::set<kind> lasting{kind::none, kind::credentials, kind::refused,
                             kind::tls, kind::too_large};
const std::set<kind> unsent{kind::connect, kind::dns, kind::connect_timeout};
const std::set<kind> overloads{kind::rate_limited, kind::overloaded};
const std::set<kind> silences{kind::connect_timeout, kind::first_byte_timeout,
                              kind::body_timeout, kind::idle_timeout};

kind any_kind() {
  return static_cast<kind>(pick<int>(0, failure_kind_count));
}

} // namespace

TEST_CASE("a call of somebody who goes without is not tried again, whatever "
          "happened to it, and costs the budget nothing") {
  holds([] {
    question q;
    q.what.wanted = false;
    q.why = fault_of(any_kind());
    RC_ASSERT(q.refusal() == give_up::unwanted);
    RC_ASSERT(q.budget.withdraw(q.now));
  });
}

TEST_CASE("a transient failure of an idempotent call is tried again after the "
          "backoff") {
  question q;
  auto answer = q.ask();
  REQUIRE(answer.delay);
  CHECK(*answer.delay == q.settings.base);
}

TEST_CASE("R1: no more attempts are made than `attempts` says") {
  holds([] {
    question q;
    q.settings.attempts = pick<std::uint32_t>(1, 20);
    auto how = any_kind();
    RC_PRE(!lasting.contains(how) && !overloads.contains(how));
    q.why = fault_of(how);
    std::uint32_t made = 1;
    for (q.what.number = 1; q.ask().delay; ++q.what.number)
      ++made;
    RC_ASSERT(made == q.settings.attempts);
    RC_ASSERT(q.refusal() == give_up::exhausted);
  });
}

TEST_CASE("R3: Retry-After is a lower bound of the delay") {
  holds([] {
    question q;
    q.settings.jitter = static_cast<jitter_kind>(pick(0, 3));
    q.random.seed(pick<std::uint64_t>(0, 1u << 30));
    q.what.number = pick<std::uint32_t>(1, 3);
    auto wanted = pick<std::int64_t>(0, 120'001);
    q.why = fault_of(any_kind(), wanted);
    auto answer = q.ask();
    if (answer.delay)
      RC_ASSERT(answer.delay->count() >= wanted);
    else
      RC_ASSERT(lasting.contains(q.why.kind));
  });
}

TEST_CASE("R3: a Retry-After beyond 120 s is not waited for") {
  question q;
  q.why = fault_of(kind::overloaded, 120'001);
  CHECK(q.refusal() == give_up::exhausted);
  q.why = fault_of(kind::overloaded, 120'000);
  CHECK(q.ask().delay == millis{120'000});
}

TEST_CASE("R4: a retry that would begin at or after the deadline does not "
          "happen") {
  holds([] {
    question q;
    q.settings.jitter = static_cast<jitter_kind>(pick(0, 3));
    q.random.seed(pick<std::uint64_t>(0, 1u << 30));
    q.what.deadline = q.now + millis{pick(-5'000, 20'000)};
    q.what.number = pick<std::uint32_t>(1, 3);
    if (pick(0, 2))
      q.why = fault_of(kind::rate_limited, pick(0, 30'000));
    auto answer = q.ask();
    if (answer.delay)
      RC_ASSERT(q.now + *answer.delay < q.what.deadline);
    else
      RC_ASSERT(answer.reason == give_up::deadline);
  });
}

TEST_CASE("R4: to the millisecond") {
  question q;
  q.what.deadline = q.now + q.settings.base;
  CHECK(q.refusal() == give_up::deadline);
  q.what.deadline += millis{1};
  CHECK(q.ask().delay);
}

TEST_CASE("R6: a call that may have had an effect is not made twice, unless "
          "nothing of it can have been sent") {
  for (std::size_t i = 0; i < failure_kind_count; ++i) {
    question q;
    q.what.idempotent = false;
    q.why = fault_of(static_cast<kind>(i));
    INFO(name_of(q.why.kind));
    if (unsent.contains(q.why.kind))
      CHECK(q.ask().delay);
    else if (lasting.contains(q.why.kind))
      CHECK(q.refusal() == give_up::not_transient);
    else
      CHECK(q.refusal() == give_up::not_idempotent);
  }
}

TEST_CASE("R7: once a byte is delivered nothing is sent again") {
  holds([] {
    question q;
    q.what.delivered = true;
    q.what.has_next = pick(0, 2);
    q.why = fault_of(any_kind());
    RC_ASSERT(q.refusal()
              == (lasting.contains(q.why.kind) ? give_up::not_transient
                                               : give_up::delivered));
  });
}

TEST_CASE("only what another attempt can help is tried again") {
  for (std::size_t i = 0; i < failure_kind_count; ++i) {
    question q;
    q.why = fault_of(static_cast<kind>(i));
    INFO(name_of(q.why.kind));
    CHECK(q.ask().delay.has_value() == !lasting.contains(q.why.kind));
  }
}

TEST_CASE("overload at the chain's last target is tried up to six times, with "
          "a cap of 60 s") {
  auto how = GENERATE(kind::rate_limited, kind::overloaded);
  question q;
  q.why = fault_of(how);
  std::vector<std::int64_t> delays;
  for (q.what.number = 1; q.what.number < 6; ++q.what.number) {
    auto answer = q.ask();
    REQUIRE(answer.delay);
    delays.push_back(answer.delay->count());
  }
  CHECK(delays
        == std::vector<std::int64_t>{1'000, 2'000, 4'000, 8'000, 16'000});
  CHECK(q.refusal() == give_up::exhausted);
}

TEST_CASE("settings beyond the overload rule hold for overload too") {
  question q;
  q.settings.attempts = 9;
  q.settings.base = q.settings.cap = millis{90'000};
  q.why = fault_of(kind::overloaded);
  q.what.number = 8;
  CHECK(q.ask().delay == millis{90'000});
}

TEST_CASE("overload and silence move on at once while the chain has another "
          "target") {
  for (std::size_t i = 0; i < failure_kind_count; ++i) {
    question q;
    q.what.has_next = true;
    q.why = fault_of(static_cast<kind>(i));
    INFO(name_of(q.why.kind));
    if (lasting.contains(q.why.kind))
      CHECK(q.refusal() == give_up::not_transient);
    else if (overloads.contains(q.why.kind) || silences.contains(q.why.kind))
      CHECK(q.refusal() == give_up::moving_on);
    else
      CHECK(q.ask().delay);
  }
}

TEST_CASE("a Retry-After longer than the next backoff moves on, a shorter one "
          "does not") {
  question q;
  q.what.has_next = true;
  q.why = fault_of(kind::server_error, 1'001);
  CHECK(q.refusal() == give_up::moving_on);
  q.why = fault_of(kind::server_error, 1'000);
  CHECK(q.ask().delay == millis{1'000});
}

TEST_CASE("an empty budget refuses, and only a retry that happens is paid "
          "for") {
  question q;
  q.budget = retry_budget{0.0}; // three a second
  for (int i = 0; i < 100; ++i) {
    q.why = fault_of(kind::refused);
    (void)q.ask();
    q.why = fault_of(kind::server_error);
    q.what.number = 3;
    (void)q.ask();
    q.what.number = 1;
    q.what.deadline = q.now;
    (void)q.ask();
    q.what.deadline = at(1'000'000);
  }
  for (int i = 0; i < 3; ++i)
    REQUIRE(q.ask().delay);
  CHECK(q.refusal() == give_up::budget);
}

TEST_CASE("overload waits up to a minute where the settings would not") {
  question q;
  q.settings.base = millis{40'000};
  q.why = fault_of(kind::overloaded);
  q.what.number = 2;
  CHECK(q.ask().delay == millis{60'000});
}

TEST_CASE("a retry that the breaker is sure to refuse is not waited for") {
  question q;
  q.what.refused_until = q.now + q.settings.base;
  CHECK(q.ask().delay);
  q.what.refused_until += duration{1};
  CHECK(q.refusal() == give_up::breaker);
}
