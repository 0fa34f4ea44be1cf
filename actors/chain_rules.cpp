#include "actors/chain_rules.hpp"

namespace caisson {

std::string_view strategy_of(const fault& why) noexcept {
  switch (why.code) {
    case errc::circuit_breaker_open:
      return "breaker_open";
    case errc::bulkhead_rejected:
      return "bulkhead_full";
    case errc::llm_rate_limited:
    case errc::llm_overloaded:
      return "overload";
    case errc::llm_timeout:
      return "timeout";
    case errc::llm_refused:
      return "passed_over";
    default:
      return "failure";
  }
}

bool worth_another(const call& what, const fault& why) noexcept {
  return (what.idempotent || surely_unsent(why))
         && why.kind != failure_kind::refused
         && why.code != errc::validation_constraint
         && why.code != errc::deadline_exceeded;
}

bool may_go_on(const fault& why) noexcept {
  return why.kind != failure_kind::refused
         && why.code != errc::deadline_exceeded;
}

bool passed_over(const fault& why) noexcept {
  return why.code == errc::llm_refused && why.kind == failure_kind::none;
}

bool lost(const fault& why) noexcept {
  return why.kind == failure_kind::crash;
}

} // namespace caisson
