#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "actors/dependency/compartment.hpp"
#include "actors/messages.hpp"
#include "actors/ports.hpp"

namespace caisson {

/// One call at one dependency, handed from its owner (a front end, a limiter, a
/// cache) to a worker. Whatever loses it (a crash, a restart, a dead mailbox),
/// its destructor tells the owner: CAF drops unanswered promises in silence,
/// this does not.
class job {
public:
  struct order {
    job_owner_actor owner;
    std::uint64_t id; ///< the owner's name for the call
    call_ptr what;
    std::shared_ptr<responder> client;
    compartment_ptr where;
    std::string model; ///< at that dependency
    bool has_next;     ///< the chain goes on after this target
    std::uint32_t attempts_before;
    ticket place;           ///< in flight, or waiting: the supervisor is asked
    std::uint32_t lane = 0; ///< of the client's end, shared_reply.hpp
    std::uint16_t slot = 0; ///< the breaker that judges it
    /// What the client has of a stream that goes on here; usually none.
    std::shared_ptr<const std::string> so_far = nullptr;
    /// Counts the attempts of all jobs of the request, where several may run
    /// at a time.
    std::shared_ptr<std::uint32_t> tally = nullptr;
  };

  explicit job(order what) : order_(std::move(what)) {}
  ~job();
  job(const job&) = delete;
  job& operator=(const job&) = delete;

  const order& of() const noexcept { return order_; }
  ticket take_place() noexcept { return std::move(order_.place); }

  /// Another job may answer the same client from now on: this one speaks
  /// through that lane, and counts its attempts there.
  void share(std::shared_ptr<responder> lane,
             std::shared_ptr<std::uint32_t> tally) noexcept {
    order_.client = std::move(lane);
    order_.tally = std::move(tally);
  }

  /// Tells the owner how it ended; the first time counts.
  void finish(std::optional<fault> failure, std::uint32_t attempts,
              bool delivered);

  /// The worker's own name for the job while it runs there.
  std::uint64_t running_as = 0;

  /// Attempts made; holds if the job is lost.
  std::uint32_t attempts = 0;

  /// Bytes of the answer have reached the client; holds if the job is lost.
  bool delivered = false;

  /// An actor has it in its hands at this moment: should that actor crash, it
  /// may have been this job's doing.
  bool in_hand = false;

private:
  order order_;
  bool finished_ = false;
};

} // namespace caisson
