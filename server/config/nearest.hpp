#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace caisson::config {

/// Insertions, deletions, replacements and swaps of neighbours that turn one
/// word into the other.
std::size_t edit_distance(std::string_view a, std::string_view b);

/// The candidate that the writer of `word` probably meant: the first of those
/// at the least distance; empty only when there are no candidates.
std::string nearest(std::string_view word,
                    const std::vector<std::string>& candidates);

} // namespace caisson::config
