#pragma once

#include <array>
#include <atomic>
#include <memory>
#include <optional>
#include <unordered_map>
#include <vector>

#include "actors/cache/answer_parts.hpp"
#include "actors/cache/shards.hpp"
#include "actors/dependency/job.hpp"
#include "actors/failure_notes.hpp"
#include "actors/house.hpp"
#include "actors/messages.hpp"
#include "actors/policies/retry_budget.hpp"
#include "actors/ports.hpp"
#include "actors/routing_table.hpp"
#include "actors/shared_reply.hpp"
#include "actors/supervision/resident.hpp"

namespace caisson {

/// The stream of an equal request, as it comes.
struct followed_stream {
  std::unique_ptr<answer_follower> words; ///< what is made of it
  std::shared_ptr<responder> to;
  /// Bytes that the client has not taken yet.
  std::shared_ptr<std::atomic<std::size_t>> pending
    = std::make_shared<std::atomic<std::size_t>>(0);
};

/// A request on its way along its chain.
///
///              lost with its actor: again, a little later
///                 ┌──────────┐
///                 ▼          │
///   submitted ► asking ──────┴─ failed ──► asking the next ──► … ──► failed
///                 │  │                       ▲
///                 │  └ hedge_after: the next asked as well, one wins
///                 ▼                          │ cut, and the text can go on
///             answering ─────────────────────┴──► answered
///
/// Where an equal request is under way it waits for that one's answer, or hears
/// its stream (following.hpp); where that is lost it goes on as above.
struct request {
  /// One job under way.
  struct lane {
    std::uint32_t number = 0; ///< 0: none
    /// Only looked at: whoever runs the job owns it, so that its loss is
    /// noticed.
    std::weak_ptr<job> what;
    std::string_view service{}; ///< the target's name
  };

  call_ptr what;
  std::shared_ptr<responder> client;
  /// Set where more than one target may speak, then all of them through it: of
  /// a stream that may go on elsewhere at once, else when a second is asked.
  std::shared_ptr<shared_reply> shared;
  std::shared_ptr<const model_route> where;
  std::size_t next = 0; ///< the target to be tried next
  std::array<lane, 2> lanes;
  std::uint32_t last_lane = 0;
  std::uint32_t attempts = 0; ///< of the jobs that have ended
  std::uint32_t crashes = 0;  ///< jobs that were lost with their actor
  /// What the client has of a stream that moves on in its middle.
  std::shared_ptr<const std::string> so_far;
  std::string_view model; ///< of the last target, for the error's headers
  /// What a target said that could have answered, where one that could not may
  /// be the last.
  std::optional<fault> heard;
  /// The cache is asked: it answers, or says who is to. Only looked at: whoever
  /// has the lookup in hand owns it, so that its loss is noticed.
  bool looking = false;
  std::weak_ptr<cache_lookup> lookup;
  /// What it fetches for others too. Only looked at: the client's end owns it.
  std::weak_ptr<cache_lead> lead;
  /// Its client has gone, and others wait for the answer.
  bool left = false;
  /// An equal request's stream that its client hears.
  std::optional<followed_stream> follows;
  /// Where the answer is made of several values: these, and their lookups.
  std::shared_ptr<answer_parts> parts;
  std::vector<std::weak_ptr<cache_lookup>> lookups;

  /// What is to be done with it later, and when: a sweep finds it. One is
  /// enough: who is put again has no target left for a hedge, and parts wait
  /// only while nothing is fetched.
  enum class errand : std::uint8_t { none, hedge, again, part };
  errand later = errand::none;
  time_point due;
};

struct front_end_state {
  front_end_state() = default;
  static constexpr const char* name = "front_end";

  std::shared_ptr<const house> home;
  std::size_t thread = 0;
  std::shared_ptr<const routing_table> routes;
  std::shared_ptr<const cache_shards> caches; ///< none: nothing is cached
  std::array<metrics::counter, cache_kind_count> told_stale;
  std::unordered_map<std::uint64_t, request> requests;
  /// The next look at what is to be done later; the far future: none is needed.
  time_point sweep_at = time_point::max();
  /// Hedges as a share of the calls that may be hedged.
  retry_budget hedges{0.1};
  failure_notes notes;
};

/// Takes requests from the sessions of one I/O thread and walks each along its
/// chain: the next target on failure, open breaker, full bulkhead, overload and
/// time-out, within the one deadline; never on the client's own fault.
/// Fallback stands here, outside the dependencies, so that an open breaker of
/// one never blocks another; so do hedges, and streams that go on elsewhere.
front_end_actor::behavior_type
front_end(front_end_actor::stateful_pointer<front_end_state> self,
          std::shared_ptr<const house> home, std::size_t thread,
          std::shared_ptr<const routing_table> routes,
          std::shared_ptr<const cache_shards> caches);

/// Starts the front end of an I/O thread.
front_end_actor start_front_end(std::shared_ptr<const house> home,
                                std::size_t thread, placement where,
                                std::shared_ptr<const routing_table> routes,
                                std::shared_ptr<const cache_shards> caches,
                                record_ptr place);

} // namespace caisson
