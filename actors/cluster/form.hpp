#pragma once

#include <algorithm>
#include <cstddef>
#include <string_view>

namespace caisson {

inline constexpr std::size_t longest_address = 255;

/// What a node says of itself is shown and called: it is held to the form, of
/// printable characters without blanks.
inline bool well_formed(std::string_view text, std::size_t longest) noexcept {
  return !text.empty() && text.size() <= longest
         && std::all_of(text.begin(), text.end(),
                        [](char x) { return x > ' ' && x < 0x7f; });
}

} // namespace caisson
