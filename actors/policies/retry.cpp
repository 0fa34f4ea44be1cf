#include "actors/policies/retry.hpp"

#include <algorithm>

namespace caisson {
namespace {

constexpr std::uint32_t overload_attempts = 6;
constexpr millis overload_cap{60'000};

bool timed_out(const fault& why) noexcept {
  return why.kind == failure_kind::connect_timeout
         || why.kind == failure_kind::first_byte_timeout
         || why.kind == failure_kind::body_timeout
         || why.kind == failure_kind::idle_timeout;
}

retry_decision no(give_up reason) {
  return {std::nullopt, reason};
}

} // namespace

retry_decision decide_retry(const retry_settings& settings,
                            const failed_attempt& what, const fault& why,
                            retry_budget& budget, random_source& random,
                            time_point now) {
  if (!what.wanted)
    return no(give_up::unwanted);
  if (!transient(why))
    return no(give_up::not_transient);
  if (what.delivered)
    return no(give_up::delivered);
  if (!what.idempotent && !surely_unsent(why))
    return no(give_up::not_idempotent);
  auto rule = settings;
  if (overload(why)) {
    rule.attempts = std::max(rule.attempts, overload_attempts);
    rule.cap = std::max(rule.cap, overload_cap);
  }
  if (what.has_next && (overload(why) || timed_out(why)))
    return no(give_up::moving_on);
  if (what.number >= rule.attempts)
    return no(give_up::exhausted);
  auto delay = backoff_delay(rule, what.number, what.previous_delay, random);
  if (why.retry_after) {
    if (what.has_next && *why.retry_after > delay)
      return no(give_up::moving_on);
    if (*why.retry_after > longest_retry_after)
      return no(give_up::exhausted);
    delay = std::max(delay, *why.retry_after);
  }
  if (now + delay >= what.deadline)
    return no(give_up::deadline);
  if (now + delay < what.refused_until)
    return no(give_up::breaker);
  if (!budget.withdraw(now))
    return no(give_up::budget);
  return {delay, {}};
}

} // namespace caisson
