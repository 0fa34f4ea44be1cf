#include "actors/policies/spend_sum.hpp"

#include <algorithm>

namespace caisson {

void spend_sum::add(spend_window& part) {
  total_ += part.total(of_, now_);
  parts_.push_back(&part);
}

std::uint64_t spend_sum::remaining() const noexcept {
  return of_.most - std::min(of_.most, total_);
}

std::optional<duration> spend_sum::wait_for(std::uint64_t cost) const {
  if (cost > of_.most)
    return std::nullopt;
  if (total_ <= of_.most - cost)
    return duration{0};
  std::vector<portion> all;
  for (auto* part : parts_) {
    auto some = part->spent(of_, now_);
    all.insert(all.end(), some.begin(), some.end());
  }
  std::sort(all.begin(), all.end(),
            [](auto& a, auto& b) { return a.last < b.last; });
  auto left = total_;
  auto last = all.begin();
  for (; left > of_.most - cost; ++last)
    left -= last->count;
  return std::prev(last)->last + of_.span - now_;
}

duration spend_sum::whole_in() const {
  duration latest{0};
  for (auto* part : parts_)
    latest = std::max(latest, part->whole_in(of_, now_));
  return latest;
}

} // namespace caisson
