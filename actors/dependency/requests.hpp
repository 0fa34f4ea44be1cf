#pragma once

#include <atomic>
#include <memory>
#include <optional>

#include "actors/dependency/compartment.hpp"
#include "actors/messages.hpp"
#include "actors/policies/retry.hpp"

namespace caisson {

/// A worker asks the supervisor for a place. Answers exactly once: a request
/// that is lost with its supervisor answers with a refusal.
class admission_request {
public:
  admission_request(worker_actor from, std::uint64_t id, ticket place,
                    const visit& who, bool has_next)
    : place(std::move(place)), who(who), has_next(has_next),
      from_(std::move(from)), id_(id) {}

  ~admission_request();

  /// Hands the place over, which must be in flight by now.
  void admit();
  void refuse(fault why);

  /// The asker wants the place no more; its thread may say so while the
  /// supervisor's holds the request.
  void withdraw() noexcept { withdrawn_ = true; }
  bool withdrawn() const noexcept { return withdrawn_; }

  ticket place;    ///< waiting, or in flight after `grant`
  const visit who; ///< its `now`: when it began to wait
  const bool has_next;

private:
  worker_actor from_;
  std::uint64_t id_;
  bool answered_ = false;
  std::atomic<bool> withdrawn_{false};
};

/// A worker reports a failed attempt and asks whether to try again. Lost with
/// its supervisor, it answers no.
class retry_request {
public:
  retry_request(worker_actor from, std::uint64_t id) noexcept
    : from_(std::move(from)), id_(id) {}

  ~retry_request();

  void answer(std::optional<millis> delay);

  attempt_outcome how{};
  failed_attempt what;
  fault why;

private:
  worker_actor from_;
  std::uint64_t id_;
  bool answered_ = false;
};

} // namespace caisson
