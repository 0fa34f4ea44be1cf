#include "server/upstream/pool.hpp"

#include <algorithm>

#include "server/upstream/connection.hpp"

namespace caisson::upstream {

pool::pool() : pool{settings{}} {}

pool::pool(settings what, clock now)
  : settings_{what}, clock_{std::move(now)} {}

pool::~pool() {
  for (auto& one : idle_)
    one->close();
}

time_point pool::now() const {
  return clock_ ? clock_() : std::chrono::steady_clock::now();
}

std::shared_ptr<connection> pool::take() {
  if (idle_.empty())
    return nullptr;
  auto moment = now();
  while (!idle_.empty()) {
    auto one = std::move(idle_.back());
    idle_.pop_back();
    if (!one->closed() && moment < one->stale_at)
      return one;
    one->close();
  }
  return nullptr;
}

void pool::put(std::shared_ptr<connection> one) {
  auto moment = now();
  std::chrono::milliseconds keep = settings_.longest;
  // One second less than promised: the peer's clock started before ours.
  if (one->promised_idle)
    keep = std::min<std::chrono::milliseconds>(
      keep, *one->promised_idle - std::chrono::seconds{1});
  if (one->closed() || keep.count() <= 0 || settings_.most == 0)
    return one->close();
  one->stale_at = moment + keep;
  auto old = [moment](auto& each) { return each->stale_at <= moment; };
  auto first_good = std::find_if_not(idle_.begin(), idle_.end(), old);
  if (first_good == idle_.begin() && idle_.size() >= settings_.most)
    ++first_good;
  std::for_each(idle_.begin(), first_good, [](auto& each) { each->close(); });
  idle_.erase(idle_.begin(), first_good);
  idle_.push_back(one);
  one->park(weak_from_this());
}

void pool::forget(const connection& one) noexcept {
  std::erase_if(idle_, [&one](auto& each) { return each.get() == &one; });
}

} // namespace caisson::upstream
