#include "actors/cache/ear.hpp"

#include <string>
#include <utility>

#include <caf/send.hpp>

#include "actors/telemetry/families.hpp"

namespace caisson {
namespace {

/// No key is longer, so neither is what keys begin with.
constexpr std::size_t longest_prefix = 512;

bool is_ours(std::string_view text) noexcept {
  if (text.size() > longest_prefix)
    return false;
  for (std::size_t i = 0; i < cache_kind_count; ++i) {
    auto name = name_of(static_cast<cache_kind>(i));
    if (text.starts_with(name) && text.substr(name.size()).starts_with(':'))
      return true;
  }
  return false;
}

} // namespace

cache_ear::cache_ear(std::shared_ptr<const cache_shards> all,
                     metrics::registry& home)
  : all_(std::move(all)),
    heard_(home.counter(families::cache_invalidations, {"elsewhere"})),
    gaps_(home.counter(families::cache_invalidations, {"gap"})) {
  // nop
}

void cache_ear::announced(std::string_view, std::string_view text) {
  if (!is_ours(text))
    return;
  heard_.add();
  forget(text);
}

void cache_ear::gap() {
  gaps_.add();
  forget({});
}

void cache_ear::forget(std::string_view prefix) {
  for (std::size_t i = 0; i < all_->size(); ++i)
    if (auto shard = all_->shard(i))
      caf::anon_send(shard, cache_invalidated{std::string{prefix}, false, {}});
}

} // namespace caisson
