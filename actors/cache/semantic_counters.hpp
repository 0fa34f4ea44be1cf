#pragma once

#include <array>
#include <string>

#include "actors/cache/embedder.hpp"
#include "actors/cache/shards.hpp"
#include "actors/telemetry/families.hpp"

namespace caisson {

/// What the semantic cache counts, as a layer of the cache; see counters.hpp.
class semantic_counters {
public:
  semantic_counters(metrics::registry& home, cache_shards::near_figures& into)
    : hits_(home.counter(families::cache_hits, {"semantic", "llm"})),
      misses_(home.counter(families::cache_misses, {"semantic", "llm"})),
      saved_(home.counter(families::cache_saved_tokens, {"semantic"})),
      evictions_(home.counter(families::cache_evictions, {"semantic", "lru"})),
      took_(home.histogram(families::cache_latency, {"semantic", "get"})),
      figures_(into) {
    for (std::size_t i = 0; i < embedding_flaws; ++i)
      flaws_[i] = home.counter(
        families::cache_errors,
        {"semantic", std::string{name_of(static_cast<embedding_flaw>(i))}});
  }

  void hit(const cached_value& value, duration took) const {
    hits_.add();
    saved_.add(value.tokens);
    took_.observe(took);
    ++figures_.hits;
  }
  void miss(duration took) const {
    misses_.add();
    took_.observe(took);
    ++figures_.misses;
  }
  void flaw(embedding_flaw why) const {
    flaws_[static_cast<std::size_t>(why)].add();
  }
  void publish(vector_index& index) const {
    figures_.bytes = index.bytes();
    if (auto gone = index.take_evictions(); gone > 0)
      evictions_.add(gone);
  }

private:
  metrics::counter hits_, misses_, saved_, evictions_;
  metrics::histogram took_;
  std::array<metrics::counter, embedding_flaws> flaws_;
  cache_shards::near_figures& figures_;
};

} // namespace caisson
