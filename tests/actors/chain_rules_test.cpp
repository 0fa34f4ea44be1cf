#include "actors/chain_rules.hpp"

#include "tests/support/catch.hpp"

using namespace caisson;
using kind = failure_kind;

namespace {

fault failed(errc code, kind how) {
  return make_fault(code, how, "");
}

call with_effects() {
  call what;
  what.idempotent = false;
  return what;
}

} // namespace

TEST_CASE("the strategy says why a chain was followed") {
  CHECK(strategy_of(failed(errc::circuit_breaker_open, kind::none))
        == "breaker_open");
  CHECK(strategy_of(failed(errc::bulkhead_rejected, kind::none))
        == "bulkhead_full");
  CHECK(strategy_of(failed(errc::llm_rate_limited, kind::rate_limited))
        == "overload");
  CHECK(strategy_of(failed(errc::llm_overloaded, kind::overloaded))
        == "overload");
  CHECK(strategy_of(failed(errc::llm_timeout, kind::idle_timeout))
        == "timeout");
  CHECK(strategy_of(failed(errc::llm_error, kind::reset)) == "failure");
}

TEST_CASE("another target is no better for a request that is refused for what "
          "it says, or whose time is up") {
  call what;
  CHECK(worth_another(what, failed(errc::llm_error, kind::server_error)));
  CHECK(worth_another(what, failed(errc::llm_error, kind::credentials)));
  CHECK_FALSE(worth_another(what, failed(errc::llm_refused, kind::refused)));
  CHECK_FALSE(
    worth_another(what, failed(errc::validation_constraint, kind::none)));
  CHECK_FALSE(worth_another(what, failed(errc::deadline_exceeded, kind::none)));
}

TEST_CASE("what may have had an effect goes nowhere else, unless it was surely "
          "not sent") {
  auto what = with_effects();
  CHECK_FALSE(worth_another(what, failed(errc::llm_error, kind::reset)));
  CHECK(worth_another(what, failed(errc::llm_unavailable, kind::connect)));
  CHECK(worth_another(what, failed(errc::bulkhead_rejected, kind::none)));
}

TEST_CASE("a cut stream may go on, unless its request was refused or its time "
          "is up") {
  CHECK(may_go_on(failed(errc::llm_error, kind::reset)));
  CHECK(may_go_on(failed(errc::unexpected, kind::crash)));
  CHECK_FALSE(may_go_on(failed(errc::llm_refused, kind::refused)));
  CHECK_FALSE(may_go_on(failed(errc::deadline_exceeded, kind::none)));
}

TEST_CASE("a job that is lost with its actor is told from one that failed") {
  CHECK(lost(failed(errc::unexpected, kind::crash)));
  CHECK_FALSE(lost(failed(errc::unexpected, kind::none)));
}

TEST_CASE("a target that has no such thing is passed over, one that refuses "
          "is not") {
  call what;
  const auto nothing = failed(errc::llm_refused, kind::none);
  CHECK(passed_over(nothing));
  CHECK(worth_another(what, nothing));
  CHECK(strategy_of(nothing) == "passed_over");
  CHECK_FALSE(passed_over(failed(errc::llm_refused, kind::refused)));
  CHECK_FALSE(passed_over(failed(errc::llm_error, kind::none)));
}
