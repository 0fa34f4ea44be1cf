#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace caisson::sqlite {

/// Where a database is.
struct address {
  std::string path; ///< of its file; empty: in memory, gone with the process

  /// Reads an URL; nothing for one that is of no database of this kind.
  static std::optional<address> parse(std::string_view url);

  /// What they look like, for those who wrote another.
  static constexpr std::string_view forms
    = "\"sqlite:///PATH\" with an absolute path, or \"sqlite::memory:\"";
};

} // namespace caisson::sqlite
