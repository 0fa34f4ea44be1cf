#pragma once

#include <charconv>
#include <optional>
#include <string_view>
#include <system_error>

namespace caisson {

/// A number at the front of a stored form, and the blank after it; both are
/// taken off. Nothing where there is none.
template <class Number>
std::optional<Number> take_number(std::string_view& from) {
  Number number = 0;
  auto [end, ec]
    = std::from_chars(from.data(), from.data() + from.size(), number);
  if (ec != std::errc{} || end == from.data() + from.size() || *end != ' ')
    return std::nullopt;
  from.remove_prefix(static_cast<std::size_t>(end - from.data()) + 1);
  return number;
}

} // namespace caisson
