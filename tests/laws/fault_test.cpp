#include "actors/fault.hpp"

#include <map>
#include <set>
#include <stdexcept>

#include "actors/call.hpp"
#include "actors/settings.hpp"
#include "tests/support/catch.hpp"

using namespace caisson;
using kind = failure_kind;

namespace {

struct verdict {
  outcome how;
  bool transient;
  bool overload;
};

// SPEC section 4 and the fault table of reference/reliability.md section 3,
// written down once more, by hand.
const std::map<kind, verdict> table{
  {kind::none, {outcome::ignored, false, false}},
  {kind::connect, {outcome::failure, true, false}},
  {kind::dns, {outcome::failure, true, false}},
  {kind::tls, {outcome::failure, false, false}},
  {kind::connect_timeout, {outcome::failure, true, false}},
  {kind::first_byte_timeout, {outcome::failure, true, false}},
  {kind::body_timeout, {outcome::failure, true, false}},
  {kind::idle_timeout, {outcome::failure, true, false}},
  {kind::eof, {outcome::failure, true, false}},
  {kind::reset, {outcome::failure, true, false}},
  {kind::framing, {outcome::failure, true, false}},
  {kind::decode, {outcome::failure, true, false}},
  {kind::too_large, {outcome::failure, false, false}},
  {kind::rate_limited, {outcome::failure, true, true}},
  {kind::overloaded, {outcome::failure, true, true}},
  {kind::server_error, {outcome::failure, true, false}},
  {kind::credentials, {outcome::ignored, false, false}},
  {kind::refused, {outcome::ignored, false, false}},
  {kind::crash, {outcome::failure, true, false}},
};

} // namespace

TEST_CASE("every kind of failure has a name of its own") {
  std::set<std::string_view> names;
  for (std::size_t i = 0; i < failure_kind_count; ++i) {
    auto name = name_of(static_cast<kind>(i));
    INFO(i << ' ' << name);
    CHECK_FALSE(name.empty());
    CHECK(names.insert(name).second);
  }
  CHECK(name_of(kind::first_byte_timeout) == "first_byte_timeout");
  CHECK(name_of(kind::rate_limited) == "rate_limited");
  CHECK(name_of(kind::crash) == "crash");
}

TEST_CASE("B7: every kind of failure counts, is transient and is overload as "
          "the fault table says") {
  REQUIRE(table.size() == failure_kind_count);
  for (auto& [how, expected] : table) {
    auto what = make_fault(errc::llm_error, how, "");
    INFO(name_of(how));
    CHECK(outcome_of(what) == expected.how);
    CHECK(transient(what) == expected.transient);
    CHECK(overload(what) == expected.overload);
  }
}

TEST_CASE("R6: nothing was sent when there was no connection, or no attempt at "
          "all") {
  for (auto& [how, expected] : table) {
    INFO(name_of(how));
    CHECK(surely_unsent(make_fault(errc::llm_error, how, ""))
          == (how == kind::none || how == kind::connect || how == kind::dns
              || how == kind::connect_timeout));
  }
}

TEST_CASE("our own refusals are no verdict on a dependency") {
  for (auto code : {errc::circuit_breaker_open, errc::bulkhead_rejected,
                    errc::deadline_exceeded, errc::shutting_down}) {
    auto what = make_fault(code, "");
    CHECK(outcome_of(what) == outcome::ignored);
    CHECK_FALSE(transient(what));
  }
}

TEST_CASE("reading the value of a fault throws and names the fault") {
  result<int> none = make_fault(errc::llm_timeout, "");
  REQUIRE_THROWS_AS(none.value(), std::logic_error);
  REQUIRE_THROWS_WITH(none.value(), "value of a fault: external.llm.timeout");
}

TEST_CASE("bytes keep the string they show alive") {
  std::weak_ptr<const void> alive;
  {
    auto copy = own("hello");
    alive = copy.owner;
    auto other = copy;
    copy = {};
    CHECK(other.data == "hello");
    CHECK_FALSE(alive.expired());
  }
  CHECK(alive.expired());
}

TEST_CASE("words of settings are read as they are written") {
  for (auto mode : {breaker_mode::automatic, breaker_mode::forced_open,
                    breaker_mode::disabled, breaker_mode::metrics_only})
    CHECK(breaker_mode_of(name_of(mode)) == mode);
  for (auto jitter :
       {jitter_kind::full, jitter_kind::decorrelated, jitter_kind::none})
    CHECK(jitter_kind_of(name_of(jitter)) == jitter);
  CHECK(name_of(breaker_mode::automatic) == "auto");
  CHECK_FALSE(breaker_mode_of("AUTO"));
  CHECK_FALSE(jitter_kind_of(""));
}
