#include "server/upstream/kept_prefixes.hpp"

#include <utility>

#include "protocol/digest.hpp"

namespace caisson::upstream {

kept_prefixes::kept_prefixes() : kept_prefixes(settings{}) {
  // nop
}

kept_prefixes::kept_prefixes(settings what, clock now)
  : settings_{what}, clock_{now ? std::move(now) : [] {
      return std::chrono::steady_clock::now();
    }} {
  // nop
}

kept_prefixes::digest kept_prefixes::digest_of(std::string_view model,
                                               std::string_view prefix) {
  // No model has a line end in its name, so the two cannot be mistaken.
  std::string text{model};
  text += '\n';
  text += prefix;
  return protocol::sha256_of(text);
}

kept_prefixes::verdict kept_prefixes::look(const digest& which) {
  std::lock_guard guard{lock_};
  const auto now = clock_();
  if (auto known = entries_.find(which); known != entries_.end()) {
    if (now < known->second.until)
      return {known->second.name, false};
    entries_.erase(known);
  }
  if (entries_.size() >= settings_.most)
    std::erase_if(entries_, [now](auto& x) { return x.second.until <= now; });
  if (entries_.size() >= settings_.most)
    return {};
  entries_[which] = {{}, now + settings_.pause};
  return {{}, true};
}

void kept_prefixes::created(const digest& which, std::string name,
                            time_point asked) {
  std::lock_guard guard{lock_};
  entries_[which]
    = {std::move(name), asked + settings_.life - settings_.margin};
}

void kept_prefixes::gone(const digest& which) {
  std::lock_guard guard{lock_};
  entries_[which] = {{}, clock_() + settings_.pause};
}

} // namespace caisson::upstream
