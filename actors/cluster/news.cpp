#include "actors/cluster/news.hpp"

#include <algorithm>

#include <caf/send.hpp>

namespace caisson {

void cluster_news::follow(cluster_actor whom) {
  std::lock_guard guard{lock_};
  whom_ = std::move(whom);
}

void cluster_news::tell(const std::string& service, const breaker_word& what,
                        time_point now) {
  std::lock_guard guard{lock_};
  if (what.open)
    open_[service] = {what.episode, now + what.left};
  else
    open_.erase(service);
  if (whom_)
    caf::anon_send(whom_, breaker_told{service, what});
}

std::vector<breaker_told> cluster_news::standing(time_point now) const {
  std::lock_guard guard{lock_};
  std::vector<breaker_told> all;
  all.reserve(open_.size());
  for (auto& [service, one] : open_)
    all.push_back(
      {service, {true, one.episode, std::max(one.until - now, duration{})}});
  return all;
}

} // namespace caisson
