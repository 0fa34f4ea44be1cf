#include "actors/cache/far_side.hpp"

namespace caisson {

namespace {

/// As with limits: one that is stopped costs one question in so much time.
constexpr millis silence{250};

} // namespace

std::optional<std::string> far_side::keeper_named(std::string_view key,
                                                  time_point now) {
  auto who = nodes_.keeper_of(rendezvous::hash(key), now);
  return who ? std::optional{nodes_.name_of(who->node)} : std::nullopt;
}

std::optional<std::string> far_side::keeper_of(std::string_view key,
                                               time_point now) {
  auto who = keeper_named(key, now);
  auto at = who ? silent_until_.find(*who) : silent_until_.end();
  if (at == silent_until_.end())
    return who;
  if (now < at->second)
    return std::nullopt;
  silent_until_.erase(at);
  return who;
}

void far_side::silent(const std::string& node, time_point now) {
  silent_until_[node] = now + silence;
}

std::string_view node_of_token(std::string_view token) noexcept {
  auto at = token.find('@');
  return at == token.npos ? std::string_view{} : token.substr(at + 1);
}

} // namespace caisson
