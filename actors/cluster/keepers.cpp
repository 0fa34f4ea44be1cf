#include "actors/cluster/keepers.hpp"

#include <algorithm>

namespace caisson {

cluster_keepers::cluster_keepers(cluster_circle circle, among who)
  : circle_(std::move(circle)), who_(who), all_(circle_.nodes),
    lives_(all_.size()) {
  self_ = find(circle_.self).value_or(all_.size());
  if (self_ == all_.size()) {
    all_.push_back(circle_.self);
    lives_.push_back(0);
  }
}

std::optional<std::size_t> cluster_keepers::find(std::string_view name) const {
  auto at = std::find(all_.begin(), all_.end(), name);
  if (at == all_.end())
    return std::nullopt;
  return static_cast<std::size_t>(at - all_.begin());
}

void cluster_keepers::look(time_point now) {
  auto view = circle_.look();
  if (view == seen_)
    return;
  seen_ = view;
  std::vector<cluster_keeper> present{{self_, view->incarnation}};
  std::size_t alive = 1;
  for (auto& [name, it] : view->others) {
    auto node = find(name);
    if (!node || it.state == member_state::gone
        || it.state == member_state::left)
      continue;
    auto linked = it.state == member_state::alive;
    alive += linked ? 1 : 0;
    if (linked || who_ == among::present)
      present.push_back({*node, it.incarnation});
  }
  if (2 * alive <= all_.size())
    present.clear();
  if (present == present_ && changes_ > 0)
    return;
  present_ = std::move(present);
  since_ = now;
  ++changes_;
  keepers_ = {};
  for (auto& x : present_) {
    keepers_.add(x.node, all_[x.node]);
    lives_[x.node] = x.life;
  }
}

time_point cluster_keepers::heard(std::size_t node) const {
  auto view = circle_.look();
  auto at = view->others.find(all_[node]);
  return at == view->others.end() ? time_point{} : at->second.heard;
}

std::optional<cluster_keeper> cluster_keepers::keeper_of(std::uint64_t key,
                                                         time_point now) {
  look(now);
  auto node = keepers_.owner(key);
  if (!node)
    return std::nullopt;
  return cluster_keeper{*node, lives_[*node]};
}

} // namespace caisson
