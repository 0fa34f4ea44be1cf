#pragma once

#include <chrono>
#include <optional>
#include <string_view>

namespace caisson::protocol {

/// The longest wait that is believed.
inline constexpr std::chrono::milliseconds retry_after_cap
  = std::chrono::hours{24};

/// How long a `Retry-After` field asks to wait. Pure.
///
/// Takes whole seconds or any of the three date forms of RFC 9110, section
/// 5.6.7. A date is measured against the reply's own `Date` field, so that a
/// difference between the two clocks does not matter, and against `now` only
/// where there is no such field. What is past is zero, what is over
/// `retry_after_cap` is the cap; anything else (negative, fractional, more
/// digits than 64 bits hold, no date) is nothing, as if the field were absent.
std::optional<std::chrono::milliseconds>
parse_retry_after(std::string_view value, std::string_view date,
                  std::chrono::sys_seconds now) noexcept;

/// An HTTP date: IMF-fixdate, RFC 850 (a two-digit year more than 50 years
/// after `now` is one of the past), or asctime. Nothing if it is none.
std::optional<std::chrono::sys_seconds>
parse_http_date(std::string_view text, std::chrono::sys_seconds now) noexcept;

} // namespace caisson::protocol
