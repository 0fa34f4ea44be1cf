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

semantic_actor cache_shards::semantic() const {
  std::lock_guard guard{lock_};
  return semantic_;
}

semantic_changed cache_shards::semantic_now() const {
  std::lock_guard guard{lock_};
  return {settings_->semantic, embeddings_};
}

void cache_shards::moved_in(semantic_actor who) {
  std::lock_guard guard{lock_};
  semantic_ = std::move(who);
}

void cache_shards::moved_in(std::size_t number, cache_actor who) {
  std::lock_guard guard{lock_};
  shards_[number] = std::move(who);
}

void cache_shards::apply(const cache_settings& settings,
                         const std::vector<compartment_ptr>& dependencies) {
  compartment_ptr store, embeddings;
  std::string_view wanted = settings.semantic.embeddings;
  if (settings.enabled && settings.semantic.enabled)
    for (auto& x : dependencies)
      if (x->name() == wanted.substr(0, wanted.find('/')))
        embeddings = x;
  if (settings.enabled && settings.l2 != cache_l2::off)
    for (auto& x : dependencies)
      if (x->kind() == "redis" && !store)
        store = x;
  std::lock_guard guard{lock_};
  settings_ = std::make_shared<const cache_settings>(settings);
  store_ = std::move(store);
  embeddings_ = std::move(embeddings);
  compares_ = embeddings_ != nullptr;
  enabled_ = settings.enabled;
  if (semantic_)
    caf::anon_send(semantic_,
                   semantic_changed{settings_->semantic, embeddings_});
  for (auto& x : shards_)
    if (x)
      caf::anon_send(x, cache_changed{settings_, store_});
}

} // namespace caisson
