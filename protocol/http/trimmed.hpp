#pragma once

#include <string_view>

namespace caisson::http {

/// A field's value, or an element of a list in it, without the blanks and tabs
/// around it (RFC 9110, 5.5).
constexpr std::string_view trimmed(std::string_view text) noexcept {
  const auto first = text.find_first_not_of(" \t");
  if (first == text.npos)
    return {};
  return text.substr(first, text.find_last_not_of(" \t") - first + 1);
}

} // namespace caisson::http
