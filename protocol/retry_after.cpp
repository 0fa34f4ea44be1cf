#include "protocol/retry_after.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdint>

#include "protocol/http/trimmed.hpp"

namespace caisson::protocol {
namespace {

using namespace std::chrono;

constexpr auto months
  = std::to_array<std::string_view>({"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                     "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"});

constexpr auto days
  = std::to_array<std::string_view>({"Sunday", "Monday", "Tuesday", "Wednesday",
                                     "Thursday", "Friday", "Saturday"});

/// Reads a date from left to right; after a mismatch all else fails.
class date_reader {
public:
  explicit date_reader(std::string_view text) : rest_(text) {}

  bool ok() const noexcept { return ok_; }
  bool finished() const noexcept { return ok_ && rest_.empty(); }

  void literal(std::string_view text) noexcept {
    ok_ = ok_ && rest_.starts_with(text);
    if (ok_)
      rest_.remove_prefix(text.size());
  }

  /// Exactly `width` digits; a leading blank stands for a zero in asctime.
  int digits(std::size_t width, bool blank_padded = false) noexcept {
    ok_ = ok_ && rest_.size() >= width;
    int value = 0;
    for (std::size_t i = 0; ok_ && i < width; ++i) {
      auto c = rest_[i];
      if (blank_padded && i == 0 && c == ' ')
        c = '0';
      ok_ = c >= '0' && c <= '9';
      value = value * 10 + (c - '0');
    }
    if (ok_)
      rest_.remove_prefix(width);
    return value;
  }

  month month_name() noexcept {
    auto found = std::find(months.begin(), months.end(), rest_.substr(0, 3));
    ok_ = ok_ && found != months.end();
    if (ok_)
      rest_.remove_prefix(3);
    return month{static_cast<unsigned>(found - months.begin()) + 1};
  }

  seconds time_of_day() noexcept {
    auto h = digits(2);
    literal(":");
    auto m = digits(2);
    literal(":");
    auto s = digits(2);
    // 60 is a leap second.
    ok_ = ok_ && h < 24 && m < 60 && s <= 60;
    return hours{h} + minutes{m} + seconds{s};
  }

private:
  std::string_view rest_;
  bool ok_ = true;
};

std::optional<sys_seconds> assemble(const date_reader& in, int y, month m,
                                    int d, seconds time) noexcept {
  auto date = year{y} / m / d;
  if (!in.finished() || !date.ok())
    return std::nullopt;
  return sys_days{date} + time;
}

std::optional<sys_seconds> imf_fixdate(std::string_view text) noexcept {
  date_reader in{text};
  auto d = in.digits(2);
  in.literal(" ");
  auto m = in.month_name();
  in.literal(" ");
  auto y = in.digits(4);
  in.literal(" ");
  auto time = in.time_of_day();
  in.literal(" GMT");
  return assemble(in, y, m, d, time);
}

std::optional<sys_seconds> rfc850(std::string_view text,
                                  sys_seconds now) noexcept {
  date_reader in{text};
  auto d = in.digits(2);
  in.literal("-");
  auto m = in.month_name();
  in.literal("-");
  auto y = in.digits(2);
  in.literal(" ");
  auto time = in.time_of_day();
  in.literal(" GMT");
  int this_year{year_month_day{floor<std::chrono::days>(now)}.year()};
  y += this_year - this_year % 100;
  return assemble(in, y > this_year + 50 ? y - 100 : y, m, d, time);
}

std::optional<sys_seconds> asctime(std::string_view text) noexcept {
  date_reader in{text};
  auto m = in.month_name();
  in.literal(" ");
  auto d = in.digits(2, true);
  in.literal(" ");
  auto time = in.time_of_day();
  in.literal(" ");
  auto y = in.digits(4);
  return assemble(in, y, m, d, time);
}

} // namespace

std::optional<sys_seconds> parse_http_date(std::string_view text,
                                           sys_seconds now) noexcept {
  text = http::trimmed(text);
  for (auto day : days) {
    if (text.starts_with(day) && text.substr(day.size()).starts_with(", "))
      return rfc850(text.substr(day.size() + 2), now);
    if (text.starts_with(day.substr(0, 3))) {
      auto rest = text.substr(3);
      if (rest.starts_with(", "))
        return imf_fixdate(rest.substr(2));
      if (rest.starts_with(' '))
        return asctime(rest.substr(1));
    }
  }
  return std::nullopt;
}

std::optional<milliseconds> parse_retry_after(std::string_view value,
                                              std::string_view date,
                                              sys_seconds now) noexcept {
  value = http::trimmed(value);
  if (value.empty())
    return std::nullopt;
  constexpr std::int64_t cap = duration_cast<seconds>(retry_after_cap).count();
  if (value.front() >= '0' && value.front() <= '9') {
    std::uint64_t number = 0;
    auto end = value.data() + value.size();
    auto [at, error] = std::from_chars(value.data(), end, number);
    if (error != std::errc{} || at != end)
      return std::nullopt;
    return seconds{std::min(number, static_cast<std::uint64_t>(cap))};
  }
  auto when = parse_http_date(value, now);
  if (!when)
    return std::nullopt;
  auto from = parse_http_date(date, now).value_or(now);
  return seconds{std::clamp((*when - from).count(), std::int64_t{0}, cap)};
}

} // namespace caisson::protocol
