#include "server/upstream/pool.hpp"

#include <algorithm>

#include "server/upstream/connection.hpp"

namespace caisson::upstream {

pool::pool() : pool{settings{}} {}

pool::pool(settings what, clock now)
  : x_settings{what}, x_clock{std::move(now)} {}

pool::~pool() {
  for (auto& one : x_idle)
    one->close();
}

time_point pool::now() const {
  return x_clock ? x_clock() : std::chrono::steady_clock::now();
}

std::shared_ptr<connection> pool::take() {
  if (x_idle.empty())
    return nullptr;
  auto moment = now();
  while (!x_idle.empty()) {
    auto one = std::move(x_idle.back());
    x_idle.pop_back();
    if (!one->closed() && moment < one->stale_at)
      return one;
    one->close();
  }
  return nullptr;
}

void pool::put(std::shared_ptr<connection> one) {
  auto moment = now();
  std::chrono::milliseconds keep = x_settings.longest;
  // One second less than promised: the peer's clock started before ours.
  if (one->promised_idle)
    keep = std::min<std::chrono::milliseconds>(
      keep, *one->promised_idle - std::chrono::seconds{1});
  if (one->closed() || keep.count() <= 0 || x_settings.most == 0)
    return one->close();
  one->stale_at = moment + keep;
  auto old = [moment](auto& each) { return each->stale_at <= moment; };
  auto first_good = std::find_if_not(x_idle.begin(), x_idle.end(), old);
  if (first_good == x_idle.begin() && x_idle.size() >= x_settings.most)
    ++first_good;
  std::for_each(x_idle.begin(), first_good, [](auto& each) { each->close(); });
  x_idle.erase(x_idle.begin(), first_good);
  x_idle.push_back(one);
  one->park(weak_from_this());
}

void pool::forget(const connection& one) noexcept {
  std::erase_if(x_idle, [&one](auto& each) { return each.get() == &one; });
}

} // namespace caisson::upstream
