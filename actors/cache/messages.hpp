#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "actors/cache/lookup.hpp"
#include "actors/cache/peek.hpp"
#include "actors/cache/settings.hpp"
#include "actors/cluster/flight.hpp"
#include "actors/messages.hpp"

namespace caisson {

/// How the fetching of a value goes, and how it ended: sent by a `cache_lead`.
struct cache_landed {
  std::string key;
  std::uint64_t flight; ///< late news of an earlier one are ignored
  enum class kind : std::uint8_t {
    heard,     ///< there is more on its tape; it goes on
    fetched,   ///< `value`
    likened,   ///< `value`, of a question that is near enough
    unsayable, ///< done, but the value cannot be handed to anybody
    failed,    ///< with `why`
    lost,      ///< its client has left, or its actor crashed
  } how;
  cached_ptr value;
  std::string_view layer{}; ///< of `likened`
  bool keep = false;
  /// It holds for no longer than this.
  millis ttl{};
  fault why;
};

/// Values whose keys begin so do not hold any more. `done` is called on the
/// shard's thread when they are gone, here and, where `spread`, in the store;
/// false: the store could not be told.
struct cache_invalidated {
  std::string prefix;
  /// The shared store and the other nodes are to be told as well.
  bool spread = false;
  std::function<void(bool)> done;
};

/// Other settings and another store hold from now on.
struct cache_changed {
  std::shared_ptr<const cache_settings> settings;
  compartment_ptr store; ///< of the second layer; none: there is none
};

/// The interface of a CACHE, one shard on each I/O thread.
using cache_actor = flight_desk_actor::extend<
  // Looks a value up, or makes the asker its fetcher.
  caf::reacts_to<cache_lookup_ptr>,
  // Takes a value that was fetched, or why there is none.
  caf::reacts_to<cache_landed>,
  // Says what there is for a key, and no more.
  caf::reacts_to<cache_peek_ptr>,
  // INTERNAL: the store's answer to a question of the shard.
  caf::reacts_to<job_finished>,
  // Forgets values.
  caf::reacts_to<cache_invalidated>,
  // Takes new settings.
  caf::reacts_to<cache_changed>,
  // INTERNAL: looks for waits that are over.
  caf::reacts_to<sweep_atom>>;

} // namespace caisson

CAF_ALLOW_UNSAFE_MESSAGE_TYPE(caisson::cache_lookup_ptr)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(caisson::cache_landed)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(caisson::cache_invalidated)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(caisson::cache_changed)
