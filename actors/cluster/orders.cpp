#include "actors/cluster/orders.hpp"

#include <algorithm>
#include <tuple>

#include <caf/send.hpp>

namespace caisson {

void cluster_orders::follow(cluster_actor whom) {
  std::lock_guard guard{lock_};
  whom_ = std::move(whom);
}

void cluster_orders::give(const order& what) {
  std::lock_guard guard{lock_};
  cluster_order out;
  if (what.kind == order_kind::forget) {
    out = told({what.kind, what.subject}, {{}, 0, ++given_, self_});
  } else {
    // Of its own it is the latest, however the clock is set.
    last_stamp_ = std::max(last_stamp_ + 1, wall_());
    held fresh{what.word, what.until, last_stamp_, self_};
    out = told({what.kind, what.subject}, fresh);
    hold({what.kind, what.subject}, std::move(fresh));
  }
  if (whom_)
    caf::anon_send(whom_, order_given{std::move(out)});
}

void cluster_orders::restore(const order& what, std::uint64_t stamp) {
  std::lock_guard guard{lock_};
  hold({what.kind, what.subject}, {what.word, what.until, stamp, self_});
}

bool cluster_orders::take(const cluster_order& said) {
  std::lock_guard guard{lock_};
  auto kind = static_cast<order_kind>(said.kind);
  if (kind == order_kind::forget) {
    auto& of = heard_[said.name];
    if (said.stamp == of.heard + 1)
      ++of.heard;
    return true;
  }
  return hold({kind, said.subject},
              {said.word, said.until, said.stamp, said.giver});
}

/// False: a later one stands, or this one.
bool cluster_orders::hold(place where, held what) {
  auto at = standing_.find(where);
  if (at != standing_.end()
      && std::tie(at->second.stamp, at->second.giver)
           >= std::tie(what.stamp, what.giver))
    return false;
  last_stamp_ = std::max(last_stamp_, what.stamp);
  if (at != standing_.end()) {
    at->second = std::move(what);
    return true;
  }
  if (counts_[where.first] >= most)
    make_room(where.first);
  ++counts_[where.first];
  standing_.emplace(std::move(where), std::move(what));
  return true;
}

/// Those of the kind that are void go, or else the one that was given first.
void cluster_orders::make_room(order_kind of) {
  auto now = wall_();
  auto& count = counts_[of];
  auto begin = standing_.lower_bound({of, {}});
  auto oldest = begin;
  for (auto at = begin; at != standing_.end() && at->first.first == of;) {
    auto over = at->second.until != 0 && at->second.until <= now;
    if (over) {
      count -= 1;
      // The oldest so far is never one of those.
      auto first = oldest == at;
      at = standing_.erase(at);
      oldest = first ? at : oldest;
      continue;
    }
    if (at->second.stamp < oldest->second.stamp)
      oldest = at;
    ++at;
  }
  if (count < most)
    return;
  standing_.erase(oldest);
  --count;
}

std::vector<cluster_order> cluster_orders::standing() const {
  std::lock_guard guard{lock_};
  auto now = wall_();
  std::vector<cluster_order> all;
  for (auto& [where, what] : standing_)
    if (what.until == 0 || what.until > now)
      all.push_back(told(where, what));
  return all;
}

std::uint64_t cluster_orders::given() const {
  std::lock_guard guard{lock_};
  return given_;
}

bool cluster_orders::heard_all(const std::string& node, std::uint64_t life,
                               std::uint64_t given) {
  std::lock_guard guard{lock_};
  auto& of = heard_[node];
  auto heard = of.life == life ? of.heard : 0;
  of = {life, given};
  return heard == given;
}

cluster_order cluster_orders::told(const place& where, const held& what) const {
  cluster_order out;
  out.name = self_;
  out.kind = static_cast<std::uint8_t>(where.first);
  out.subject = where.second;
  out.word = what.word;
  out.until = what.until;
  out.stamp = what.stamp;
  out.giver = what.giver;
  return out;
}

} // namespace caisson
