#include "protocol/retry_after.hpp"

#include "tests/support/catch.hpp"

using namespace caisson::protocol;
using namespace std::chrono;
using namespace std::chrono_literals;

namespace {

/// Sun, 06 Nov 1994 08:49:37 GMT, the date of RFC 9110's examples.
constexpr sys_seconds example = sys_days{1994y / 11 / 6} + 8h + 49min + 37s;
constexpr std::string_view imf = "Sun, 06 Nov 1994 08:49:37 GMT";
constexpr sys_seconds now = sys_days{2026y / 11 / 23} + 12h;

auto wait_for(std::string_view value, std::string_view date = "") {
  return parse_retry_after(value, date, now);
}

} // namespace

TEST_CASE("Retry-After in seconds") {
  CHECK(wait_for("0") == 0ms);
  CHECK(wait_for("2") == 2s);
  CHECK(wait_for(" 120\t") == 120s);
  CHECK(wait_for("007") == 7s);
}

TEST_CASE("Retry-After is capped at a day") {
  CHECK(wait_for("86400") == 24h);
  CHECK(wait_for("86401") == 24h);
  CHECK(wait_for("18446744073709551615") == 24h);
  CHECK(wait_for("Fri, 01 Jan 9999 00:00:00 GMT") == 24h);
}

TEST_CASE("a Retry-After that is none is ignored") {
  for (auto text : {"",
                    " ",
                    "-1",
                    "+5",
                    "1.5",
                    "2s",
                    "1e3",
                    "0x10",
                    "soon",
                    "5, 6",
                    "18446744073709551616",
                    "99999999999999999999999999",
                    "Sun",
                    "Sun, ",
                    "Sun, 06 Nov 1994",
                    "Sun, 06 Nov 1994 08:49:37",
                    "Sun, 06 Nov 1994 08:49:37 CET",
                    "Sun, 31 Feb 2027 08:49:37 GMT",
                    "Sun, 06 Nov 1994 24:00:00 GMT",
                    "Sun, 06 nov 1994 08:49:37 GMT",
                    "Xyz, 06 Nov 1994 08:49:37 GMT",
                    "Sun, 6 Nov 1994 08:49:37 GMT",
                    "Sun, 06 Nov 1994 08:49:37 GMT x",
                    "2026-11-23T12:00:00Z"}) {
    INFO(text);
    CHECK_FALSE(wait_for(text).has_value());
  }
}

TEST_CASE("all three HTTP dates are read") {
  CHECK(parse_http_date(imf, now) == example);
  CHECK(parse_http_date("Sunday, 06-Nov-94 08:49:37 GMT", now) == example);
  CHECK(parse_http_date("Sun Nov  6 08:49:37 1994", now) == example);
  CHECK(parse_http_date("Tue Nov 16 08:49:37 1994", now) == example + days{10});
}

TEST_CASE("a year of two digits is at most 50 years ahead") {
  CHECK(parse_http_date("Sunday, 06-Nov-76 00:00:00 GMT", now)
        == sys_days{2076y / 11 / 6});
  CHECK(parse_http_date("Sunday, 06-Nov-77 00:00:00 GMT", now)
        == sys_days{1977y / 11 / 6});
}

TEST_CASE("a date is measured against the reply's own clock") {
  // The provider's clock is 32 years late: the wait is the same.
  CHECK(wait_for("Sun, 06 Nov 1994 08:49:40 GMT", imf) == 3s);
  CHECK(wait_for("Sun Nov  6 08:50:37 1994", imf) == 60s);
  CHECK(wait_for("Sunday, 06-Nov-94 09:49:37 GMT", imf) == 1h);
}

TEST_CASE("a date without a Date field is measured against now") {
  CHECK(wait_for("Mon, 23 Nov 2026 12:00:05 GMT") == 5s);
  CHECK(wait_for("Mon, 23 Nov 2026 12:00:05 GMT", "garbage") == 5s);
}

TEST_CASE("a date that is past means at once") {
  CHECK(wait_for(imf) == 0ms);
  CHECK(wait_for(imf, "Sun, 06 Nov 1994 08:49:38 GMT") == 0ms);
}
