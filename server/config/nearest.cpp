#include "server/config/nearest.hpp"

#include <algorithm>
#include <utility>

namespace caisson::config {

std::size_t edit_distance(std::string_view a, std::string_view b) {
  // Three rows of the matrix: a swap looks back two.
  std::vector<std::size_t> before(b.size() + 1), last(b.size() + 1),
    now(b.size() + 1);
  for (std::size_t j = 0; j <= b.size(); ++j)
    last[j] = j;
  for (std::size_t i = 1; i <= a.size(); ++i) {
    now[0] = i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      auto replaced = last[j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1);
      now[j] = std::min({replaced, last[j] + 1, now[j - 1] + 1});
      if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
        now[j] = std::min(now[j], before[j - 2] + 1);
    }
    std::swap(before, last);
    std::swap(last, now);
  }
  return last[b.size()];
}

std::string nearest(std::string_view word,
                    const std::vector<std::string>& candidates) {
  // What a person mistypes is short; a huge key must not cost a huge matrix.
  word = word.substr(0, 256);
  std::string best;
  auto least = static_cast<std::size_t>(-1);
  for (auto& candidate : candidates) {
    if (auto distance = edit_distance(word, candidate); distance < least) {
      least = distance;
      best = candidate;
    }
  }
  return best;
}

} // namespace caisson::config
