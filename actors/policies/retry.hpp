#pragma once

#include <cstdint>
#include <optional>

#include "actors/call.hpp"
#include "actors/fault.hpp"
#include "actors/policies/backoff.hpp"
#include "actors/policies/retry_budget.hpp"
#include "actors/settings.hpp"

namespace caisson {

/// The longest `Retry-After` that is obeyed (SPEC section 4), by a retry and by
/// a dependency that is held back alike.
inline constexpr millis longest_retry_after{120'000};

/// A failed attempt, as the retry decision sees it.
struct failed_attempt {
  /// 1 for the first.
  std::uint32_t number = 1;
  /// Bytes of the answer have reached the client: nothing may be sent twice.
  bool delivered = false;
  bool idempotent = true;
  /// The chain has another target for this call.
  bool has_next = false;
  /// The wait before this attempt; decorrelated jitter builds on it.
  millis previous_delay{0};
  time_point deadline{};
  /// The breaker is sure to refuse until then.
  time_point refused_until = time_point::min();
  /// The caller's calls are tried again at all (`features.resilience`).
  bool wanted = true;
};

/// Why there is no retry; the words are for logs and tests.
enum class give_up : std::uint8_t {
  unwanted,       ///< the caller's calls are not tried again
  not_transient,  ///< asking again cannot help
  delivered,      ///< the client has part of the answer
  not_idempotent, ///< it may have had an effect
  moving_on,      ///< the chain's next target is the better retry
  exhausted,      ///< `attempts` were made
  budget,         ///< the retry budget is empty
  breaker,        ///< the breaker would refuse it: the client need not wait
  deadline,       ///< the wait would outlast the request
};

/// A wait before the next attempt, or why there is none.
struct retry_decision {
  std::optional<millis> delay;
  give_up reason = give_up::not_transient;
};

/// THE retry rule (SPEC section 4): only classified-transient failures, only
/// idempotent calls, never past the deadline, `Retry-After` obeyed up to 120 s,
/// overload retried up to 6 times with a cap of 60 s where there is nowhere
/// else to go. Asks the budget last, so that only real retries are paid for.
retry_decision decide_retry(const retry_settings& settings,
                            const failed_attempt& what, const fault& why,
                            retry_budget& budget, random_source& random,
                            time_point now);

} // namespace caisson
