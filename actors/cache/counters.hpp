#pragma once

#include <array>
#include <string>

#include "actors/cache/shards.hpp"
#include "actors/policies/lru_store.hpp"
#include "actors/telemetry/families.hpp"

namespace caisson {

/// What a shard counts, made once when it starts. The counters of the metrics
/// cannot be read back, so what the hit rate needs is counted in the shard's
/// figures too.
class cache_counters {
public:
  cache_counters(metrics::registry& home, cache_shards::figures& into)
    : figures_(into) {
    for (std::size_t i = 0; i < cache_kind_count; ++i) {
      std::string kind{name_of(static_cast<cache_kind>(i))};
      l1_hits_[i] = home.counter(families::cache_hits, {"l1", kind});
      l1_misses_[i] = home.counter(families::cache_misses, {"l1", kind});
      l2_hits_[i] = home.counter(families::cache_hits, {"l2", kind});
      l2_misses_[i] = home.counter(families::cache_misses, {"l2", kind});
      coalesced_[i] = home.counter(families::cache_coalesced, {kind});
    }
    for (std::size_t i = 0; i < eviction_count; ++i)
      evictions_[i]
        = home.counter(families::cache_evictions,
                       {"l1", std::string{name_of(static_cast<eviction>(i))}});
    saved_l1 = home.counter(families::cache_saved_tokens, {"l1"});
    saved_l2 = home.counter(families::cache_saved_tokens, {"l2"});
    saved_by_flight = home.counter(families::cache_saved_tokens, {"flight"});
    too_large = home.counter(families::cache_refused, {"l1", "too_large"});
    unfit = home.counter(families::cache_refused, {"l1", "unfit"});
    invalidated = home.counter(families::cache_refused, {"l1", "invalidated"});
    garbage = home.counter(families::cache_refused, {"l2", "garbage"});
    claim_lost = home.counter(families::cache_refused, {"l2", "claim_lost"});
    l1_took = home.histogram(families::cache_latency, {"l1", "get"});
    l2_get_took = home.histogram(families::cache_latency, {"l2", "get"});
    l2_set_took = home.histogram(families::cache_latency, {"l2", "set"});
  }

  void l1(bool hit, cache_kind kind) const {
    count(hit, kind, l1_hits_, l1_misses_, figures_.l1_hits,
          figures_.l1_misses);
  }
  void l2(bool hit, cache_kind kind) const {
    count(hit, kind, l2_hits_, l2_misses_, figures_.l2_hits,
          figures_.l2_misses);
  }
  void coalesced(cache_kind kind) const {
    coalesced_[static_cast<std::size_t>(kind)].add();
  }

  template <class Value>
  void publish(lru_store<Value>& l1) const {
    figures_.l1_bytes = l1.bytes();
    auto gone = l1.take_evictions();
    for (std::size_t i = 0; i < eviction_count; ++i)
      if (gone[i] > 0)
        evictions_[i].add(gone[i]);
  }

  metrics::counter saved_l1, saved_l2, saved_by_flight;
  metrics::counter too_large, unfit, invalidated, garbage, claim_lost;
  metrics::histogram l1_took, l2_get_took, l2_set_took;

private:
  using by_kind = std::array<metrics::counter, cache_kind_count>;
  using sums = std::array<std::atomic<std::uint64_t>, cache_kind_count>;

  static void count(bool hit, cache_kind kind, const by_kind& hits,
                    const by_kind& misses, sums& had, sums& had_not) {
    auto i = static_cast<std::size_t>(kind);
    (hit ? hits : misses)[i].add();
    (hit ? had : had_not)[i].fetch_add(1, std::memory_order_relaxed);
  }

  cache_shards::figures& figures_;
  by_kind l1_hits_, l1_misses_, l2_hits_, l2_misses_, coalesced_;
  std::array<metrics::counter, eviction_count> evictions_;
};

} // namespace caisson
