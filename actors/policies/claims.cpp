#include "actors/policies/claims.hpp"

#include <algorithm>

namespace caisson {

std::optional<std::string> claims::claim(std::string_view key, const wish& what,
                                         time_point now) {
  std::string name{key};
  auto at = held_.find(name);
  auto taken
    = at != held_.end() && now < at->second.until
      && at->second.token != what.token
      && (what.instead_of.empty() || at->second.token != what.instead_of);
  if (taken)
    return at->second.token;
  if (at == held_.end() && held_.size() >= most)
    make_room(now);
  if (at == held_.end() && held_.size() >= most)
    return std::nullopt;
  held_.insert_or_assign(std::move(name),
                         holder{what.token, what.node, what.until});
  return what.token;
}

/// Not for each who asks in vain: when the first of them may be over.
void claims::make_room(time_point now) {
  if (now < none_over_before_)
    return;
  none_over_before_ = time_point::max();
  std::erase_if(held_, [&](auto& x) {
    if (now >= x.second.until)
      return true;
    none_over_before_ = std::min(none_over_before_, x.second.until);
    return false;
  });
}

void claims::forget(std::string_view prefix) {
  std::erase_if(held_, [&](auto& x) { return x.first.starts_with(prefix); });
}

void claims::release(std::string_view key, std::string_view token) {
  auto at = held_.find(std::string{key});
  if (at != held_.end() && at->second.token == token)
    held_.erase(at);
}

void claims::gone(std::string_view node) {
  std::erase_if(held_, [&](auto& x) { return x.second.node == node; });
}

} // namespace caisson
