#pragma once

#include <array>
#include <atomic>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "actors/dependency/family.hpp"
#include "actors/dependency/latencies.hpp"
#include "actors/dependency/ticket.hpp"
#include "actors/messages.hpp"
#include "actors/policies/fair_share.hpp"
#include "actors/policies/gate.hpp"
#include "actors/telemetry/metrics.hpp"

namespace caisson {

/// Who asks for a place.
struct visit {
  visit(time_point now, std::uint64_t caller = 0,
        time_point deadline = time_point::max(), std::uint16_t slot = 0)
    : now(now), caller(caller), deadline(deadline), slot(slot) {}

  time_point now;
  std::uint64_t caller; ///< see `call`
  time_point deadline;
  std::uint16_t slot; ///< the breaker that judges it
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

/// A breaker as the callers see it: one for the dependency, or, where it has a
/// breaker for each model, one for each.
struct breaker_slot {
  breaker_slot(std::string service, metrics::registry& home);

  /// Metric label and name in the telemetry: `dependency`, or
  /// `dependency/model`.
  const std::string service;
  /// Generation above, two flags below.
  std::atomic<std::uint64_t> word{0};
  std::atomic<std::int64_t> open_until{0};
  std::atomic<breaker_state> state{breaker_state::closed};
  std::atomic<breaker_mode> mode{breaker_mode::automatic};
  /// Half-open for the word of other nodes alone.
  std::atomic<bool> doubted{false};
  metrics::counter refusals;
  breaker_snapshot retained{}; ///< under the compartment's lock
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

  /// Tries to get a place for one attempt. Refuses at once who would wait in
  /// vain: longer than the queue's time limit or their own deadline, as far as
  /// the recent calls tell; and who has more than their share of the queue.
  entry enter(const visit& who);

  /// The breaker for a model: 0, or where each model has one, its own. A model
  /// that the config does not name has none: clients make up as many as they
  /// like, and share the first.
  std::uint16_t slot_of(std::string_view model) const;

  /// From now on that model has a breaker of its own, where each model has one.
  void name_model(const std::string& model);

  const breaker_slot& slot(std::uint16_t which) const { return *slots_[which]; }
  std::uint16_t slots() const noexcept {
    return per_model_ ? slot_count_.load() : std::uint16_t{1};
  }

  /// The worker on that I/O thread; empty before its first start.
  worker_actor worker(std::size_t thread) const;

  /// The present supervisor; empty before its first start.
  dependency_actor supervisor() const;

  /// The settings that hold now.
  std::shared_ptr<const dependency_settings> settings() const;

  /// Why a call is refused while the breaker is open; counts the refusal.
  fault breaker_refusal(time_point now, std::uint16_t slot = 0) const;

  const std::string& name() const noexcept { return name_; }
  const std::string& kind() const noexcept { return kind_; }
  const dependency_family& family() const noexcept { return family_; }
  const gate& bulkhead() const noexcept { return gate_; }

  /// The breaker, as last published. Of several, the least open one's: with
  /// it, the dependency still answers somebody.
  breaker_state state() const noexcept;
  breaker_mode mode() const noexcept { return slots_[0]->mode; }

  /// How long calls take is known.
  bool paced() const noexcept {
    return service_.load(std::memory_order_relaxed) > 0;
  }

  /// The 95th percentile of recent times to a first byte; nothing while too
  /// few are known.
  std::optional<millis> usual_first_byte() const noexcept;

  /// Someone counts on successes being reported at once: a streak of failures
  /// is to be broken, or the breaker is not closed.
  bool eager(std::uint16_t slot = 0) const noexcept;

  /// The operator's hand on its breaker. Kept here until the next one or a
  /// reload that speaks of the mode: it holds whoever dies meanwhile. `done` is
  /// called once the supervisor has heard of it, on its thread.
  void set_mode(breaker_mode wanted, std::function<void()> done = {});

  /// The config no longer names it. Kept here: a supervisor that starts anew
  /// is to leave as well.
  void leave_config(time_point when) noexcept;

  // -- for the supervisor -----------------------------------------------------

  /// The mode that an operator or the config asked for last.
  breaker_mode wished_mode() const noexcept { return wished_mode_; }

  /// When the config ceased to name it; nothing while it does.
  std::optional<time_point> left_config() const noexcept;

  void moved_in(dependency_actor who);
  void moved_in(std::size_t thread, worker_actor who);
  void reconfigure(std::shared_ptr<const dependency_settings> settings);

  /// Publishes a breaker's word to all callers, and keeps its snapshot.
  void publish(const breaker& now, std::uint16_t slot = 0);

  /// So many calls in flight from now on, within `concurrency` as it is by now:
  /// a reload may be ahead of the supervisor. Lowering drains.
  void set_limit(std::uint32_t limit) noexcept;

  /// How long calls take of late, and 95 in 100 of them to a first byte.
  void publish_pace(duration service,
                    std::optional<millis> first_byte) noexcept;

  /// No calls before then: the dependency asked for it (Retry-After).
  void hold(time_point until) noexcept;
  time_point held_until() const noexcept;

  /// What the last incarnation's breaker was like. Read at start, written by
  /// the supervisor only.
  breaker_snapshot retained(std::uint16_t slot = 0) const;

  /// Recent durations of attempts, for people, and their times to a first
  /// byte.
  latencies recent;
  latencies first_bytes;

  /// Breakers of one dependency; models beyond share the first.
  static constexpr std::uint16_t most_slots = 64;

private:
  friend class ticket;

  entry queue_or_refuse(const visit& who);
  entry wait(const visit& who, std::uint32_t at_least);
  bool in_vain(const visit& who) const noexcept;
  entry refuse(metrics::counter& reason, const char* detail) const;
  void leave(ticket::stage from, std::uint64_t caller) noexcept;
  void probe_lost(breaker_permit permit) noexcept;

  const std::string name_;
  const std::string kind_;
  const dependency_family& family_;
  metrics::registry& metrics_;
  gate gate_;
  fair_share shares_;
  // Grown under the lock, before anybody can ask for a new one.
  std::array<std::unique_ptr<breaker_slot>, most_slots> slots_;
  std::atomic<std::uint16_t> slot_count_{0};
  std::atomic<bool> per_model_{false};
  std::atomic<std::int64_t> held_until_{0};
  std::atomic<breaker_mode> wished_mode_{breaker_mode::automatic};
  std::atomic<std::int64_t> left_config_{0}; ///< 0: it is named there
  std::atomic<std::int64_t> queue_timeout_{0};
  std::atomic<std::int64_t> service_{0};
  std::atomic<std::int64_t> first_byte_{-1};
  metrics::counter queue_full_;
  metrics::counter over_share_;
  metrics::counter too_late_;

  mutable std::mutex lock_; // of what changes at restarts only
  dependency_actor supervisor_;
  std::vector<worker_actor> workers_;
  std::map<std::string, std::uint16_t, std::less<>> models_;
  std::shared_ptr<const dependency_settings> settings_;
};

} // namespace caisson
