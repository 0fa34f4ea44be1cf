#include "server/mcp/session_register.hpp"

#include <algorithm>

#include "protocol/mcp/listen.hpp"

namespace caisson {

bool session_register::ended(const key& which) const {
  std::lock_guard guard{lock_};
  return ended_.ended(which);
}

void session_register::end(const key& which, time expires, time now) {
  std::lock_guard guard{lock_};
  ended_.end(which, expires, now);
  if (wishes_.erase(which) > 0)
    lost_ = true;
}

session_register::wishes* session_register::wishes_of(const key& who,
                                                      time expires, time now) {
  auto known = wishes_.find(who);
  if (known != wishes_.end())
    return &known->second;
  if (wishes_.size() >= most_subscribed
      && std::erase_if(wishes_,
                       [=](auto& one) { return one.second.expires <= now; }))
    lost_ = true;
  if (wishes_.size() >= most_subscribed)
    return nullptr;
  return &wishes_.emplace(who, wishes{{}, {}, expires}).first->second;
}

void session_register::set_level(const key& who, protocol::mcp::log_level level,
                                 time expires, time now) {
  std::lock_guard guard{lock_};
  if (auto* known = wishes_of(who, expires, now))
    known->level = level;
}

std::optional<protocol::mcp::log_level>
session_register::level(const key& who) const {
  std::lock_guard guard{lock_};
  auto known = wishes_.find(who);
  return known == wishes_.end() ? std::nullopt : known->second.level;
}

bool session_register::subscribe(const key& who, std::string_view uri,
                                 time expires, time now) {
  std::lock_guard guard{lock_};
  auto* known = wishes_of(who, expires, now);
  if (!known)
    return false;
  auto& uris = known->uris;
  if (uris.size() >= protocol::mcp::most_watched && !uris.contains(uri))
    return false;
  uris.emplace(uri);
  return true;
}

void session_register::unsubscribe(const key& who, std::string_view uri) {
  std::lock_guard guard{lock_};
  auto known = wishes_.find(who);
  if (known == wishes_.end())
    return;
  auto& uris = known->second.uris;
  if (auto one = uris.find(uri); one != uris.end())
    uris.erase(one);
  lost_ = true;
  if (uris.empty() && !known->second.level)
    wishes_.erase(known);
}

bool session_register::wants(const key& who, std::string_view uri) const {
  std::lock_guard guard{lock_};
  auto known = wishes_.find(who);
  return known != wishes_.end() && known->second.uris.contains(uri);
}

std::vector<std::string> session_register::uris(const key& who) const {
  std::lock_guard guard{lock_};
  auto known = wishes_.find(who);
  if (known == wishes_.end())
    return {};
  return {known->second.uris.begin(), known->second.uris.end()};
}

void session_register::heed(const std::vector<std::string>& uris) {
  std::lock_guard guard{lock_};
  heeded_.insert(uris.begin(), uris.end());
}

void session_register::ignore(const std::vector<std::string>& uris) {
  std::lock_guard guard{lock_};
  for (auto& uri : uris)
    heeded_.extract(uri);
  if (!uris.empty())
    lost_ = true;
}

bool session_register::wanted(const std::string& uri) const {
  std::lock_guard guard{lock_};
  return heeded_.contains(uri)
         || std::any_of(wishes_.begin(), wishes_.end(), [&](auto& one) {
              return one.second.uris.contains(uri);
            });
}

session_register::seat session_register::take(const key* who, std::size_t most,
                                              bool again) {
  std::lock_guard guard{lock_};
  if (who && !again && streaming_.contains(*who))
    return {place::twice};
  if (streams_ >= most)
    return {place::full};
  ++streams_;
  ++last_seat_;
  if (who)
    streaming_[*who] = last_seat_;
  return {place::taken, last_seat_};
}

void session_register::leave(const key* who, std::uint64_t seat) {
  std::lock_guard guard{lock_};
  auto known = who ? streaming_.find(*who) : streaming_.end();
  // Not where another is in its place.
  if (known != streaming_.end() && known->second == seat)
    streaming_.erase(known);
  --streams_;
}

std::size_t session_register::streams() const {
  std::lock_guard guard{lock_};
  return streams_;
}

} // namespace caisson
