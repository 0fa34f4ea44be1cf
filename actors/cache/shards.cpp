#include "actors/cache/shards.hpp"

#include <functional>

#include <caf/send.hpp>

#include "actors/dependency/compartment.hpp"

namespace caisson {

cache_shards::cache_shards(const cache_settings& settings, std::size_t count)
  : enabled_(settings.enabled), figures_(count), shards_(count),
    settings_(std::make_shared<const cache_settings>(settings)) {
  // nop
}

cache_actor cache_shards::of(std::string_view key) const {
  return shard(std::hash<std::string_view>{}(key) % shards_.size());
}

cache_actor cache_shards::shard(std::size_t number) const {
  std::lock_guard guard{lock_};
  return shards_[number];
}

std::shared_ptr<const cache_settings> cache_shards::settings() const {
  std::lock_guard guard{lock_};
  return settings_;
}

compartment_ptr cache_shards::store() const {
  std::lock_guard guard{lock_};
  return store_;
}

void cache_shards::moved_in(std::size_t number, cache_actor who) {
  std::lock_guard guard{lock_};
  shards_[number] = std::move(who);
}

void cache_shards::apply(const cache_settings& settings,
                         const std::vector<compartment_ptr>& dependencies) {
  compartment_ptr store;
  if (settings.enabled && settings.l2 != cache_l2::off)
    for (auto& x : dependencies)
      if (x->kind() == "redis" && !store)
        store = x;
  std::lock_guard guard{lock_};
  settings_ = std::make_shared<const cache_settings>(settings);
  store_ = std::move(store);
  enabled_ = settings.enabled;
  for (auto& x : shards_)
    if (x)
      caf::anon_send(x, cache_changed{settings_, store_});
}

} // namespace caisson
