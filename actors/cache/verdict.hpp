#pragma once

#include <cstdint>
#include <memory>
#include <string_view>

#include <caf/allowed_unsafe_message_type.hpp>
#include <caf/replies_to.hpp>
#include <caf/typed_actor.hpp>

#include "actors/cache/tape.hpp"
#include "actors/cache/value.hpp"
#include "actors/fault.hpp"

namespace caisson {

class cache_lead;

/// The cache's word on a lookup.
struct cache_verdict {
  enum class kind : std::uint8_t {
    hit,    ///< `value` is the answer
    lead,   ///< go and fetch it, and tell `lead` how it went
    alone,  ///< go and fetch it for yourself: nothing will be kept
    failed, ///< an equal request went to fetch it and failed with `why`
    /// Somebody else fetches it: another word follows. Told only to who asks
    /// for several values and must not wait for one before it fetches others.
    elsewhere,
    /// `piece` is more of the stream of an equal request; another word follows.
    /// Told only to who wants a stream.
    events,
    over, ///< that stream has come to its proper end, and took `took`
    /// Whoever fetched it is lost in the middle of its stream: go on for
    /// yourself from where it stopped; nothing will be kept.
    cut,
    /// To who leads: nobody but its own client waits for the answer any more.
    unwanted,
  };
  std::uint64_t id = 0;   ///< the asker's name for it
  std::uint32_t part = 0; ///< of several values, which
  cache_verdict::kind how = kind::alone;
  cached_ptr value; ///< of `lead`: one that has expired, for a bad day
  /// Of a hit: `l1`, `l2`, `stale`; empty: an equal request's answer, fresh.
  std::string_view layer{};
  std::shared_ptr<cache_lead> lead;
  fault why;
  tape_piece_ptr piece{};
  token_usage took{};
};

/// Whoever looks something up.
using cache_asker_actor = caf::typed_actor<caf::reacts_to<cache_verdict>>;

} // namespace caisson

CAF_ALLOW_UNSAFE_MESSAGE_TYPE(caisson::cache_verdict)
