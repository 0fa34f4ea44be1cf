#pragma once

#include <memory>
#include <optional>
#include <unordered_map>

#include "actors/dependency/job.hpp"
#include "actors/house.hpp"
#include "actors/messages.hpp"
#include "actors/ports.hpp"
#include "actors/routing_table.hpp"
#include "actors/supervision/resident.hpp"

namespace caisson {

/// A request on its way along its chain.
struct request {
  call_ptr what;
  std::shared_ptr<responder> client;
  std::shared_ptr<const target_chain> chain;
  std::size_t next = 0; ///< the target to be tried next
  std::uint32_t attempts = 0;
  /// Only looked at: whoever runs the job owns it, so that its loss is noticed.
  std::weak_ptr<job> running;
  std::string_view model; ///< of the last target, for the error's headers
};

struct front_end_state {
  front_end_state() = default;
  static constexpr const char* name = "front_end";

  std::shared_ptr<const house> home;
  std::size_t thread = 0;
  std::shared_ptr<const routing_table> routes;
  std::unordered_map<std::uint64_t, request> requests;
  time_point noting_since{}; ///< failures in the log are limited
  std::uint32_t noted = 0;
};

/// Takes requests from the sessions of one I/O thread and walks each along its
/// chain: the next target on failure, open breaker, full bulkhead, overload and
/// time-out, within the one deadline; never on the client's own fault.
/// Fallback stands here, outside the dependencies, so that an open breaker of
/// one never blocks another.
front_end_actor::behavior_type
front_end(front_end_actor::stateful_pointer<front_end_state> self,
          std::shared_ptr<const house> home, std::size_t thread,
          std::shared_ptr<const routing_table> routes);

/// Starts the front end of an I/O thread.
front_end_actor start_front_end(std::shared_ptr<const house> home,
                                std::size_t thread, placement where,
                                std::shared_ptr<const routing_table> routes,
                                record_ptr place);

} // namespace caisson
