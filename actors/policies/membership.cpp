#include "actors/policies/membership.hpp"

#include <algorithm>

namespace caisson {

using enum member_state;

std::string_view name_of(member_state what) noexcept {
  switch (what) {
    case alive:
      return "alive";
    case suspect:
      return "suspect";
    case gone:
      return "gone";
    case left:
      return "left";
  }
  return "";
}

membership::membership(std::string self, std::uint64_t incarnation,
                       millis dead_after, std::vector<std::string> allowed)
  : self_(std::move(self)), incarnation_(incarnation), dead_after_(dead_after),
    allowed_(std::move(allowed)) {}

bool membership::may_belong(const std::string& name) const {
  return name != self_
         && std::find(allowed_.begin(), allowed_.end(), name) != allowed_.end();
}

member* membership::find(const std::string& name) {
  auto at = others_.find(name);
  return at == others_.end() ? nullptr : &at->second;
}

/// A life that has ended does not go on. Of one that is linked.
void membership::revive(member& whom, std::uint64_t incarnation,
                        time_point now) {
  auto over = whom.state == gone || whom.state == left;
  if (incarnation < whom.incarnation
      || (over && incarnation == whom.incarnation))
    return;
  whom.incarnation = incarnation;
  whom.state = alive;
  whom.heard = now;
}

void membership::linked(const std::string& name, const std::string& address,
                        std::uint64_t incarnation, time_point now) {
  if (!may_belong(name))
    return;
  auto& it = others_[name];
  it.address = address;
  it.linked = true;
  it.linked_at = now;
  revive(it, incarnation, now);
}

/// Its time runs from the last word, not from now: that may be long ago. But
/// who has slept is told of links that have ended before it looks at the time.
void membership::unlinked(const std::string& name) {
  auto* it = find(name);
  if (!it)
    return;
  it->linked = false;
  if (it->state == alive)
    it->state = suspect;
}

bool membership::heard(const std::string& name, std::uint64_t incarnation,
                       time_point now) {
  auto* it = find(name);
  if (!it || !it->linked)
    return false;
  revive(*it, incarnation, now);
  return it->state == alive && it->incarnation == incarnation;
}

/// Listed so that it is called; from now it has the time to be heard.
void membership::named(const std::string& name, const std::string& address,
                       time_point now) {
  if (!may_belong(name))
    return;
  auto [at, fresh] = others_.try_emplace(name);
  if (fresh)
    at->second.heard = now;
  if (!at->second.linked)
    at->second.address = address;
}

void membership::parted(const std::string& name, std::uint64_t incarnation) {
  auto* it = find(name);
  if (it && incarnation >= it->incarnation) {
    it->incarnation = incarnation;
    it->state = left;
  }
}

bool membership::buried(std::uint64_t in, std::uint64_t wall) {
  if (in < incarnation_)
    return false;
  incarnation_ = std::max(in + 1, wall);
  return true;
}

std::vector<std::string> membership::sweep(time_point now) {
  std::vector<std::string> out;
  auto slept = swept_ ? now - *swept_ : time_point::duration{};
  swept_ = now;
  for (auto& [name, it] : others_) {
    // Who was heard since it woke has no more time than others.
    if (slept > dead_after_ / 2)
      it.heard = std::min(it.heard + slept, now);
    auto lives = it.state == alive || it.state == suspect;
    if (!lives || now - it.heard <= dead_after_)
      continue;
    it.state = gone;
    it.linked_at = now; // whoever hears of it ends that link
    out.push_back(name);
  }
  return out;
}

std::vector<std::string> membership::mute(time_point now) {
  std::vector<std::string> out;
  for (auto& [name, it] : others_) {
    if (!it.linked || it.state == alive || now - it.linked_at <= dead_after_)
      continue;
    it.linked_at = now;
    out.push_back(name);
  }
  return out;
}

std::vector<std::string>
membership::to_call(const std::vector<std::string>& seeds) const {
  std::vector<std::string> out;
  auto add = [&](const std::string& address) {
    auto linked = std::any_of(others_.begin(), others_.end(), [&](auto& x) {
      return x.second.linked && x.second.address == address;
    });
    if (!address.empty() && !linked
        && std::find(out.begin(), out.end(), address) == out.end())
      out.push_back(address);
  };
  for (auto& [name, it] : others_)
    if (!it.linked)
      add(it.address);
  for (auto& seed : seeds)
    add(seed);
  return out;
}

} // namespace caisson
