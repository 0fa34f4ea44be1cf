// Four bytes are the node's time in seconds since 1970; the rest are the values
// of Retry-After and Date, a line each.

#include "protocol/retry_after.hpp"

#include <array>
#include <charconv>
#include <cstring>

#include "tests/fuzz/laws.hpp"

using namespace caisson;
using namespace caisson::fuzz;
using namespace std::chrono;
using protocol::parse_http_date;
using protocol::parse_retry_after;
using protocol::retry_after_cap;

namespace {

constexpr std::array<const char*, 7> day_names{"Sun", "Mon", "Tue", "Wed",
                                               "Thu", "Fri", "Sat"};
constexpr std::array<const char*, 12> month_names{"Jan", "Feb", "Mar", "Apr",
                                                  "May", "Jun", "Jul", "Aug",
                                                  "Sep", "Oct", "Nov", "Dec"};

/// RFC 9110 section 5.6.7, the form to write.
std::string imf_fixdate(sys_seconds when) {
  auto day = floor<days>(when);
  year_month_day date{day};
  hh_mm_ss time{when - day};
  char text[64];
  std::snprintf(
    text, sizeof text, "%s, %02u %s %04d %02d:%02d:%02d GMT",
    day_names[weekday{day}.c_encoding()], static_cast<unsigned>(date.day()),
    month_names[static_cast<unsigned>(date.month()) - 1],
    static_cast<int>(date.year()), static_cast<int>(time.hours().count()),
    static_cast<int>(time.minutes().count()),
    static_cast<int>(time.seconds().count()));
  return text;
}

/// What it reads as; nothing also for the one moment that has no date to be
/// written with, the leap second at the end of 9999.
std::optional<sys_seconds> check_date(std::string_view text, sys_seconds now) {
  auto when = parse_http_date(text, now);
  constexpr sys_seconds end = sys_days{year{10000} / January / 1};
  must(!when || (*when >= sys_days{year{0} / January / 1} && *when <= end),
       "a date is of a year of four digits");
  if (when == end)
    return std::nullopt;
  must(!when || parse_http_date(imf_fixdate(*when), now) == when,
       "a date that is written is read back");
  return when;
}

bool all_digits(std::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) {
    return c >= '0' && c <= '9';
  });
}

void check_wait(std::string_view value, std::string_view date,
                sys_seconds now) {
  auto wait = parse_retry_after(value, date, now);
  must(!wait || (wait->count() >= 0 && *wait <= retry_after_cap),
       "a wait is from nothing to the cap");
  must(wait == parse_retry_after(" \t" + std::string{value} + " ", date, now),
       "blanks around it do not matter");
  if (all_digits(value) && value.size() < 19) {
    std::uint64_t number = 0;
    std::from_chars(value.data(), value.data() + value.size(), number);
    auto most = duration_cast<seconds>(retry_after_cap).count();
    must(wait == seconds{std::min<std::uint64_t>(number, most)},
         "a number is so many seconds, or the cap");
  }
  if (auto when = check_date(date, now))
    must(wait == parse_retry_after(value, imf_fixdate(*when), now),
         "the form of the Date field does not matter");
  must(!value.starts_with('-') || !wait, "a negative number is no wait");
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data,
                                      std::size_t size) {
  std::uint32_t clock = 0;
  if (size < sizeof clock)
    return 0;
  std::memcpy(&clock, data, sizeof clock);
  sys_seconds now{seconds{clock}};
  std::string text{reinterpret_cast<const char*>(data) + sizeof clock,
                   size - sizeof clock};
  auto line = std::min(text.find('\n'), text.size());
  auto value = text.substr(0, line);
  auto date = text.substr(std::min(line + 1, text.size()));
  check_date(value, now);
  check_wait(value, date, now);
  return 0;
}
