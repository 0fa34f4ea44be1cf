#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "actors/errors.hpp"

namespace caisson::config {

/// Where something was written. `file` is a path, `environment:CAISSON_X` or
/// `--set http.port`; the last two have no lines, which is `line` 0.
struct place {
  std::string file;
  std::uint32_t line = 0;
  std::uint32_t column = 0;
};

/// One thing that is wrong with a configuration. Neither text ever holds a
/// secret: values of secrets are not quoted, only their references are.
struct problem : place {
  std::string what;          ///< "http.port is 99999"
  std::string expected = {}; ///< "an integer from 0 to 65535"
  /// Whether it is wrong, absent, or a secret that is not where it should be.
  errc code = errc::config_invalid;
};

/// All that is wrong, in the order in which a person would read the sources.
using problems = std::vector<problem>;

/// The code of all of them, `config_invalid` where they differ or there is
/// none.
errc code_of(const problems& all);

/// `FILE:LINE:COLUMN: what, expected expected`, one line without control
/// characters.
std::string to_string(const problem& what);

/// `text` in double quotes, without control characters, 48 characters at most:
/// how a value that is no secret is shown.
std::string in_quotes(std::string_view text);

} // namespace caisson::config
