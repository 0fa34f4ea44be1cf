#include "server/config/value.hpp"

#include <array>
#include <charconv>
#include <limits>
#include <utility>

#include "server/config/programs.hpp"

namespace caisson::config {
namespace {

struct unit {
  std::string_view name;
  std::int64_t factor;
};

// Largest first: `show` takes the first that divides.
constexpr std::array<unit, 4> durations{
  {{"h", 3'600'000}, {"m", 60'000}, {"s", 1'000}, {"ms", 1}}};
constexpr std::array<unit, 4> sizes{
  {{"GiB", 1 << 30}, {"MiB", 1 << 20}, {"KiB", 1 << 10}, {"B", 1}}};

std::optional<std::int64_t> parse_units(const std::array<unit, 4>& units,
                                        std::string_view text) {
  // Only digits, so no sign, no blank and no fraction gets through.
  auto digits = text.find_first_not_of("0123456789");
  if (digits == 0 || digits == std::string_view::npos)
    return std::nullopt;
  std::int64_t number = 0;
  auto end = text.data() + digits;
  if (std::from_chars(text.data(), end, number).ec != std::errc{})
    return std::nullopt;
  for (auto& [name, factor] : units) {
    if (text.substr(digits) != name)
      continue;
    if (number > std::numeric_limits<std::int64_t>::max() / factor)
      return std::nullopt;
    return number * factor;
  }
  return std::nullopt;
}

std::string show_units(const std::array<unit, 4>& units, std::int64_t number) {
  for (auto& [name, factor] : units)
    if (number != 0 && number % factor == 0)
      return std::to_string(number / factor) + std::string{name};
  return "0" + std::string{units.back().name};
}

std::string show_real(double number) {
  std::array<char, 32> buffer{};
  auto [end, error] = std::to_chars(buffer.data(), buffer.data() + 32, number);
  return error == std::errc{} ? std::string{buffer.data(), end} : "?";
}

} // namespace

rule flag() {
  return {.kind = value_kind::flag};
}

rule integer(std::int64_t least, std::int64_t most) {
  return {.kind = value_kind::integer, .least = least, .most = most};
}

rule real_between(double from, double to) {
  return {.kind = value_kind::real, .from = from, .to = to};
}

rule real_above(double from, double to) {
  return {.kind = value_kind::real, .from = from, .to = to, .above = true};
}

rule duration(std::string_view least, std::string_view most) {
  return {.kind = value_kind::duration,
          .least = parse_duration(least).value(),
          .most = parse_duration(most).value()};
}

rule size(std::string_view least, std::string_view most) {
  return {.kind = value_kind::size,
          .least = parse_size(least).value(),
          .most = parse_size(most).value()};
}

rule secret() {
  return {.kind = value_kind::secret};
}

rule choice(std::vector<std::string> (*names)()) {
  return {.kind = value_kind::choice, .choices = names};
}

rule text(bool (*fits)(std::string_view) noexcept, std::string_view wrong,
          std::string_view right) {
  return {
    .kind = value_kind::text, .fits = fits, .wrong = wrong, .right = right};
}

rule texts(bool (*fits)(std::string_view) noexcept, std::string_view wrong,
           std::string_view right) {
  auto made = text(fits, wrong, right);
  made.kind = value_kind::texts;
  return made;
}

rule variables() {
  auto made = texts(is_variable, "is no variable",
                    "\"NAME=value\", where the value may be a reference, "
                    "\"env:NAME\" or \"file:PATH\"");
  made.kind = value_kind::variables;
  return made;
}

std::optional<std::int64_t> parse_duration(std::string_view text) {
  return parse_units(durations, text);
}

std::optional<std::int64_t> parse_size(std::string_view text) {
  return parse_units(sizes, text);
}

std::string show_duration(std::int64_t milliseconds) {
  return show_units(durations, milliseconds);
}

std::string show_size(std::int64_t bytes) {
  return show_units(sizes, bytes);
}

namespace {

std::string between(std::string least, std::string most) {
  return " from " + std::move(least) + " to " + std::move(most);
}

std::string one_of(const std::vector<std::string>& names) {
  std::string out = names.size() == 1 ? "" : "one of ";
  for (auto& name : names)
    out += (&name == &names.front() ? "" : ", ") + in_quotes(name);
  return out;
}

} // namespace

std::string describe(const rule& allowed) {
  auto& [kind, least, most, from, to, above, fits, wrong, right, choices]
    = allowed;
  switch (kind) {
    case value_kind::flag:
      return "true or false";
    case value_kind::integer:
      return "an integer"
             + between(std::to_string(least), std::to_string(most));
    case value_kind::real:
      return above ? "a number above " + show_real(from) + " and up to "
                       + show_real(to)
                   : "a number" + between(show_real(from), show_real(to));
    case value_kind::text:
      return std::string{right};
    case value_kind::choice:
      return one_of(choices());
    case value_kind::duration:
      return "a duration such as \"250ms\", \"60s\", \"5m\" or \"1h\","
             + between(in_quotes(show_duration(least)),
                       in_quotes(show_duration(most)));
    case value_kind::size:
      return "a size such as \"100B\", \"16KiB\" or \"4MiB\","
             + between(in_quotes(show_size(least)), in_quotes(show_size(most)));
    case value_kind::secret:
      return "a reference, \"env:NAME\" or \"file:PATH\"";
    case value_kind::texts:
    case value_kind::variables:
      return "a list, each " + std::string{right};
  }
  return {};
}

} // namespace caisson::config
