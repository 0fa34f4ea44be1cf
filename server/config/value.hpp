#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "server/config/document.hpp"
#include "server/config/problem.hpp"

namespace caisson::config {

/// A value as the schema knows it: durations in milliseconds, sizes in bytes,
/// enumerations by name, secrets as the reference that was written.
using value = std::variant<bool, std::int64_t, double, std::string,
                           std::vector<std::string>>;

enum class value_kind : std::uint8_t {
  flag,
  integer,
  real,
  text,
  choice,
  duration,
  size,
  secret,
  texts,
  variables,
};

/// What an option may be. Made by the functions below, which read as a
/// sentence in a row of the schema.
struct rule {
  value_kind kind = value_kind::text;
  /// Bounds of integer, duration and size; both belong to the range.
  std::int64_t least = 0;
  std::int64_t most = 0;
  /// Bounds of a real; the lower one does not belong to it when `above`.
  double from = 0;
  double to = 0;
  bool above = false;
  /// Form of a text, or of each of several; what one is that does not fit, and
  /// what fits.
  bool (*fits)(std::string_view) noexcept = nullptr;
  std::string_view wrong = {};
  std::string_view right = {};
  std::vector<std::string> (*choices)() = nullptr;
};

rule flag();
rule integer(std::int64_t least, std::int64_t most);
rule real_between(double from, double to);
rule real_above(double from, double to);
rule duration(std::string_view least, std::string_view most);
rule size(std::string_view least, std::string_view most);
rule secret();
rule choice(std::vector<std::string> (*names)());
rule text(bool (*fits)(std::string_view) noexcept, std::string_view wrong,
          std::string_view right);
rule texts(bool (*fits)(std::string_view) noexcept, std::string_view wrong,
           std::string_view right);

/// "NAME=value" each, for the environment of a process. The value may be a
/// reference as of a secret, which is then resolved; none of it is ever quoted.
rule variables();

/// "250ms", "60s", "5m", "1h" in milliseconds; whole numbers, nothing else.
std::optional<std::int64_t> parse_duration(std::string_view text);

/// "100B", "16KiB", "4MiB", "1GiB" in bytes.
std::optional<std::int64_t> parse_size(std::string_view text);

/// In the largest unit that divides it: 60000 is "1m".
std::string show_duration(std::int64_t milliseconds);
std::string show_size(std::int64_t bytes);

/// What `allowed` allows, in words: "an integer from 0 to 65535".
std::string describe(const rule& allowed);

/// The value that was written for the option `path`, or all that is wrong with
/// it. Never quotes a text that might be a secret in the wrong place.
std::variant<value, problems> convert(std::string_view path,
                                      const rule& allowed, const node& written);

} // namespace caisson::config
