#include "tests/simulation/deed.hpp"

#include <algorithm>

namespace caisson::simulation {
namespace {

errc code_of(failure_kind kind) {
  switch (kind) {
    case failure_kind::rate_limited:
      return errc::llm_rate_limited;
    case failure_kind::overloaded:
      return errc::llm_overloaded;
    case failure_kind::refused:
      return errc::llm_refused;
    case failure_kind::connect:
    case failure_kind::dns:
    case failure_kind::connect_timeout:
      return errc::llm_unavailable;
    default:
      return errc::llm_error;
  }
}

void fail(deed& x, failure_kind kind) {
  x.how = deed::end::fail;
  x.why = make_fault(code_of(kind), kind, "it failed");
}

/// About when patience ends: before, after, or in the same sweep.
millis around(millis patience, dice& d) {
  auto slack = d.span(0, 50);
  return d.in_thousand(500) ? patience + slack
                            : std::max(patience - slack, millis{0});
}

void begin_stream(deed& x, const dependency_settings& of, dice& d) {
  x.head = d.span(0, 30);
  x.pieces = d.between(1, 5);
  x.pace = d.span(0, 25);
  if (d.in_thousand(100)) {
    x.held_after = d.between(1, x.pieces);
    x.held_for = of.idle_timeout + d.span(0, 300);
  }
}

failure_kind failing_kind(dice& d) {
  using enum failure_kind;
  return d.one_of({connect, dns, connect_timeout, eof, reset, framing, decode,
                   server_error, server_error, server_error});
}

void limit(deed& x, dice& d) {
  fail(x, d.one_of({failure_kind::rate_limited, failure_kind::overloaded}));
  if (d.in_thousand(500))
    x.why.retry_after = d.span(0, 2'500);
}

void cut(deed& x, const dependency_settings& of, dice& d) {
  if (d.in_thousand(300)) {
    x.how = deed::end::hang;
    return;
  }
  fail(x, d.one_of({failure_kind::reset, failure_kind::framing}));
  if (d.in_thousand(300))
    x.last = around(of.idle_timeout, d);
}

void refuse(deed& x, dice& d) {
  using enum failure_kind;
  fail(x, d.one_of({refused, refused, credentials, too_large, tls}));
}

void answer(deed& x, bool stream, const dependency_settings& of, dice& d) {
  if (stream)
    begin_stream(x, of, d);
  else if (d.in_thousand(500))
    x.head = d.span(0, 20);
  x.last = d.span(0, 40);
}

} // namespace

deed draw_deed(weather sky, bool stream, const dependency_settings& of,
               dice& d) {
  // No sky lasts without a break.
  if (sky == weather::mixed)
    sky = static_cast<weather>(d.below(weather_count - 1));
  else if (d.in_thousand(80))
    sky = static_cast<weather>(d.below(weather_count - 2));
  deed x;
  answer(x, stream, of, d);
  switch (sky) {
    case weather::fair:
    case weather::mixed:
      break;
    case weather::failing:
      x.pieces = 0;
      x.held_after = {};
      fail(x, failing_kind(d));
      break;
    case weather::limiting:
      x.pieces = 0;
      x.held_after = {};
      limit(x, d);
      break;
    case weather::silent:
      x = {};
      x.how = deed::end::hang;
      break;
    case weather::slow:
      x.last = around(of.timeout, d);
      break;
    case weather::cutting:
      cut(x, of, d);
      break;
    case weather::refusing:
      x.pieces = 0;
      x.held_after = {};
      refuse(x, d);
      break;
    case weather::throwing:
      x.throws = d.in_thousand(400);
      break;
  }
  return x;
}

} // namespace caisson::simulation
