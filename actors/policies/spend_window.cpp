#include "actors/policies/spend_window.hpp"

#include <algorithm>

namespace caisson {

void spend_window::roll(const spend_limit& of, time_point now) {
  auto stays = buckets_.begin();
  for (; stays != buckets_.end() && now - stays->last >= of.span; ++stays)
    spent_ -= stays->count;
  buckets_.erase(buckets_.begin(), stays);
}

bool spend_window::fits(const spend_limit& of, std::uint64_t cost,
                        time_point now) {
  roll(of, now);
  return cost <= of.most && spent_ <= of.most - cost;
}

void spend_window::spend(const spend_limit& of, std::uint64_t cost,
                         time_point now) {
  roll(of, now);
  if (cost == 0)
    return;
  spent_ += cost;
  if (!buckets_.empty()) {
    auto& newest = buckets_.back();
    now = std::max(now, newest.last);
    if (newest.count + cost <= capacity(of)) {
      newest.count += cost;
      newest.last = now;
      return;
    }
  }
  // Never in two parts: what is given back is all in one place. A bucket of one
  // moment may be as large as it likes, it leaves when it should.
  buckets_.push_back({cost, now});
}

void spend_window::give_back(const spend_limit& of, std::uint64_t amount,
                             time_point when, time_point now) {
  roll(of, now);
  if (now - when >= of.span)
    return;
  // Where it was put: the first bucket that reaches to that moment (or one of
  // the same moment). Any later one would let something leave before its time.
  auto at = std::find_if(buckets_.begin(), buckets_.end(),
                         [&](auto& x) { return x.last >= when; });
  auto first = static_cast<std::size_t>(at - buckets_.begin());
  for (; at != buckets_.end() && amount > 0; ++at) {
    auto part = std::min(amount, at->count);
    at->count -= part;
    spent_ -= part;
    amount -= part;
  }
  tidy(first > 0 ? first - 1 : 0, capacity(of));
}

/// Joins neighbours that have become small enough for it, so that any two hold
/// more than one may: that bounds their number.
void spend_window::tidy(std::size_t around, std::uint64_t room) {
  auto i = around;
  while (i + 1 < buckets_.size()) {
    auto& one = buckets_[i];
    auto& next = buckets_[i + 1];
    if (one.count > 0 && next.count > 0 && one.count + next.count > room) {
      ++i;
      continue;
    }
    // The later moment holds for both; of none, the other's own.
    if (next.count > 0)
      one.last = next.last;
    one.count += next.count;
    buckets_.erase(buckets_.begin() + static_cast<std::ptrdiff_t>(i) + 1);
  }
  if (!buckets_.empty() && buckets_.back().count == 0)
    buckets_.pop_back();
}

std::uint64_t spend_window::remaining(const spend_limit& of, time_point now) {
  roll(of, now);
  return of.most - std::min(of.most, spent_);
}

std::optional<duration> spend_window::wait_for(const spend_limit& of,
                                               std::uint64_t cost,
                                               time_point now) {
  if (fits(of, cost, now))
    return duration{0};
  if (cost > of.most)
    return std::nullopt;
  // Something is spent; when the last of it has left, each cost fits.
  auto at = buckets_.begin();
  for (auto left = spent_ - at->count; left > of.most - cost; left -= at->count)
    ++at;
  return at->last + of.span - now;
}

std::span<const portion> spend_window::spent(const spend_limit& of,
                                             time_point now) {
  roll(of, now);
  return buckets_;
}

std::uint64_t spend_window::total(const spend_limit& of, time_point now) {
  roll(of, now);
  return spent_;
}

void spend_window::take_over(const spend_limit& of,
                             std::span<const portion> record, time_point now) {
  buckets_.clear();
  spent_ = 0;
  for (auto& x : record)
    spend(of, x.count, std::min(x.last, now));
  roll(of, now);
}

duration spend_window::whole_in(const spend_limit& of, time_point now) {
  roll(of, now);
  return buckets_.empty() ? duration{0} : buckets_.back().last + of.span - now;
}

} // namespace caisson
