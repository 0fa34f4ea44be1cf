#include "actors/policies/poison_ledger.hpp"

#include <algorithm>

namespace caisson {

std::uint32_t poison_ledger::note_crash(std::uint64_t fingerprint,
                                        time_point now) {
  std::lock_guard guard{lock_};
  latest_.store(now, std::memory_order_relaxed);
  std::erase_if(seen_, [&](auto& x) { return recent(x.second, now) == 0; });
  auto [one, fresh] = seen_.try_emplace(fingerprint);
  auto& times = one->second;
  if (fresh)
    times.fill(never);
  std::rotate(times.begin(), times.end() - 1, times.end());
  times.front() = now;
  auto count = recent(times, now);
  if (seen_.size() > bound)
    forget_oldest();
  return count;
}

bool poison_ledger::set_aside(std::uint64_t fingerprint, time_point now) const {
  if (!knows_any(now))
    return false;
  std::lock_guard guard{lock_};
  auto one = seen_.find(fingerprint);
  return one != seen_.end() && recent(one->second, now) >= too_many;
}

std::uint32_t poison_ledger::recent(const crashes& of,
                                    time_point now) const noexcept {
  auto is = [&](time_point x) { return now - x <= within_; };
  return static_cast<std::uint32_t>(std::ranges::count_if(of, is));
}

void poison_ledger::forget_oldest() {
  auto last_crash = [](auto& x) { return x.second.front(); };
  seen_.erase(std::ranges::min_element(seen_, {}, last_crash));
}

} // namespace caisson
