#pragma once

#include <array>
#include <atomic>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "actors/dependency/latencies.hpp"
#include "actors/messages.hpp"
#include "actors/policies/gate.hpp"
#include "actors/telemetry/metrics.hpp"

namespace caisson {

/// A place in a compartment: in flight or in its queue. Dropping it gives the
/// place back, whatever path lost it, and tells the supervisor when that place
/// was a probe's or somebody waits for it.
class ticket {
public:
  ticket() = default;
  ticket(ticket&& other) noexcept;
  ticket& operator=(ticket&& other) noexcept;
  ~ticket();

  /// True: a call may be made with it.
  bool in_flight() const noexcept { return stage_ == stage::in_flight; }
  breaker_permit permit() const noexcept { return permit_; }

  /// From the queue to in flight; false when no place is free. For the
  /// supervisor.
  bool grant(breaker_permit permit) noexcept;

  /// The outcome of the permit was reported: nothing is left to say.
  void settle() noexcept { permit_.probe = false; }

  /// Gives the place back now.
  void release() noexcept;

private:
  friend class compartment;
  enum class stage : std::uint8_t { none, waiting, in_flight };

  ticket(compartment_ptr home, stage at, breaker_permit permit) noexcept;

  compartment_ptr home_;
  stage stage_ = stage::none;
  breaker_permit permit_{};
};

/// What came of asking for a place.
struct entry {
  enum class kind : std::uint8_t {
    admitted, ///< `place` is in flight: call
    queued,   ///< `place` waits: ask the supervisor
    refused,  ///< `why`
  };
  entry::kind how;
  ticket place;
  fault why;
};

/// What a dependency's supervisor, its workers and its callers share. It
/// outlives them all: the stable address of the dependency, the bound of its
/// mailbox (the gate), the published word of its breaker, and what a restarted
/// supervisor takes up again.
///
/// A caller is admitted, queued or refused in its own thread, without a
/// message; only what needs a judgement (a probe, a wait) reaches the
/// supervisor, the only writer of the breaker.
class compartment : public std::enable_shared_from_this<compartment> {
public:
  compartment(std::shared_ptr<const dependency_settings> settings,
              metrics::registry& home);

  // -- for callers, any thread ------------------------------------------------

  /// Tries to get a place for one attempt.
  entry enter(time_point now);

  /// The worker on that I/O thread; empty before its first start.
  worker_actor worker(std::size_t thread) const;

  /// The present supervisor; empty before its first start.
  dependency_actor supervisor() const;

  /// The settings that hold now.
  std::shared_ptr<const dependency_settings> settings() const;

  /// Why a call is refused while the breaker is open; counts the refusal.
  fault breaker_refusal(time_point now) const;

  const std::string& name() const noexcept { return name_; }
  const std::string& kind() const noexcept { return kind_; }
  const gate& bulkhead() const noexcept { return gate_; }

  /// The breaker, as last published.
  breaker_state state() const noexcept;
  breaker_mode mode() const noexcept { return mode_; }

  /// Someone counts on successes being reported at once: a streak of failures
  /// is to be broken, or the breaker is not closed.
  bool eager() const noexcept;

  // -- for the supervisor -----------------------------------------------------

  void moved_in(dependency_actor who);
  void moved_in(std::size_t thread, worker_actor who);
  void reconfigure(std::shared_ptr<const dependency_settings> settings);

  /// Publishes the breaker's word to all callers, and keeps its snapshot.
  void publish(const breaker& now);

  /// No calls before then: the dependency asked for it (Retry-After).
  void hold(time_point until) noexcept;
  time_point held_until() const noexcept;

  /// What the last incarnation's breaker was like. Read at start, written by
  /// the supervisor only.
  breaker_snapshot retained() const;

  /// Recent durations of attempts, for people.
  latencies recent;

private:
  friend class ticket;

  entry queue_or_refuse(std::uint32_t at_least = 0);
  void leave(ticket::stage from) noexcept;
  void probe_lost(breaker_permit permit) noexcept;

  const std::string name_;
  const std::string kind_;
  gate gate_;
  std::atomic<std::uint64_t> word_{0};
  std::atomic<std::int64_t> open_until_{0};
  std::atomic<std::int64_t> held_until_{0};
  std::atomic<breaker_state> state_{breaker_state::closed};
  std::atomic<breaker_mode> mode_{breaker_mode::automatic};
  metrics::counter refusals_;
  metrics::counter queue_full_;

  mutable std::mutex lock_; // of what changes at restarts only
  dependency_actor supervisor_;
  std::vector<worker_actor> workers_;
  breaker_snapshot retained_;
  std::shared_ptr<const dependency_settings> settings_;
};

} // namespace caisson
