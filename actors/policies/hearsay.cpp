#include "actors/policies/hearsay.hpp"

#include <algorithm>

namespace caisson {
namespace {

constexpr double least_longer = 0.05;
constexpr double most_longer = 0.25;

time_point beyond(const breaker_word& what, double share, time_point now) {
  auto longer = least_longer + share * (most_longer - least_longer);
  auto wait = static_cast<double>(what.left.count()) * (1 + longer);
  return now + duration{static_cast<duration::rep>(wait)};
}

} // namespace

bool hearsay::heard(const std::string& who, const breaker_word& what,
                    double share, time_point now) {
  if (!what.open) {
    said_.erase(who);
    return false;
  }
  auto [at, first] = said_.try_emplace(who);
  auto& known = at->second;
  auto again = !first && known.episode == what.episode;
  if (again && known.overruled)
    return false;
  known = {what.episode, beyond(what, share, now), false};
  return !again;
}

void hearsay::overrule() {
  for (auto& [who, what] : said_)
    what.overruled = true;
}

bool hearsay::doubts() const noexcept {
  auto stands = [](auto& x) { return !x.second.overruled; };
  return std::ranges::any_of(said_, stands);
}

time_point hearsay::until() const noexcept {
  auto latest = time_point::min();
  for (auto& [who, what] : said_)
    if (!what.overruled)
      latest = std::max(latest, what.until);
  return latest;
}

} // namespace caisson
