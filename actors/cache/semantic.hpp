#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>

#include "actors/cache/embedder.hpp"
#include "actors/cache/near.hpp"
#include "actors/cache/semantic_counters.hpp"
#include "actors/cache/shards.hpp"
#include "actors/house.hpp"
#include "actors/policies/vector_index.hpp"
#include "actors/supervision/resident.hpp"

namespace caisson {

struct semantic_plan {
  std::shared_ptr<const house> home;
  std::shared_ptr<cache_shards> caches;
};

/// A search under way.
///
///                 its vector              the nearest
///   (search) ► embedding ────► comparing ───────────► looking ──► found
///                 │ none          │ nothing near        │ │ gone: forgotten,
///                 ▼               ▼                     │ └──► comparing
///              nothing         nothing, to be           ▼
///                              learned when kept     nothing (not known)
struct comparison {
  near_search_ptr search;
  time_point began;
  /// Nobody waits beyond for being compared.
  time_point by;
  std::optional<unit_vector> where;
  vector_index::match nearest{}; ///< whose answer is being looked for
};

struct semantic_state {
  semantic_state() = default;
  static constexpr const char* name = "semantic";

  semantic_plan plan;
  semantic_settings settings;
  bool on = false; ///< there is somebody to ask for vectors
  std::optional<embedder> asks;
  vector_index index{0};
  std::unordered_map<std::uint64_t, comparison> running;
  std::uint64_t last = 0;
  std::optional<semantic_counters> counters;
};

/// Finds answers to questions in other words. It knows questions by their
/// vectors, and of each the key under which the cache keeps the answer: what
/// is not there any more, or does not hold, is never told. Off by default, as
/// near is not the same (adr/0019).
///
/// One in the node, off the I/O threads: to compare is to calculate.
semantic_actor::behavior_type
semantic(semantic_actor::stateful_pointer<semantic_state> self,
         semantic_plan plan);

semantic_actor start_semantic(semantic_plan plan, record_ptr place);

} // namespace caisson
