#pragma once

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "actors/call.hpp"
#include "actors/fault.hpp"
#include "actors/policies/backoff.hpp"
#include "actors/policies/outcome_window.hpp"
#include "actors/policies/slow_call.hpp"
#include "actors/policies/timed_window.hpp"
#include "actors/settings.hpp"

namespace caisson {

enum class breaker_state : std::uint8_t { closed, open, half_open };

/// `closed`, `open`, `half_open`: metric label and telemetry word.
std::string_view name_of(breaker_state state) noexcept;

/// The right to make one call. Its generation says under which state it was
/// given: results of an earlier state do not count.
struct breaker_permit {
  std::uint32_t generation = 0;
  bool probe = false;
  /// Which breaker of a dependency gave it; for whoever owns several.
  std::uint16_t slot = 0;
  /// A probe's lease: when it has run out, its result does not count either.
  std::uint32_t lease = 0;
};

/// What survives a crash of whoever owns the breaker.
struct breaker_snapshot {
  breaker_state state = breaker_state::closed;
  breaker_mode mode = breaker_mode::automatic;
  std::uint32_t generation = 0;
  std::uint32_t consecutive_failures = 0;
  time_point open_until{};
  std::uint32_t openings = 0;
};

struct breaker_transition {
  breaker_state from;
  breaker_state to;
};

/// Decides whether a dependency may be called. Arithmetic on outcomes and time:
/// no clock, no actor, no lock; the dependency supervisor owns one as its
/// state. closed = passing, open = refusing.
///
///           `failures` in a row, or a rate over the window
///   closed ───────────────────────────────────────────► open ◄──────────┐
///     ▲                                                   │             │
///     │                             the wait is over, and a call asks   │
///     │   a probe succeeds                                ▼   a probe fails
///     └─────────────────────────────────────────────── half_open ───────┘
///
/// Word of others tightens, and nothing else: a doubt makes a closed breaker
/// half_open, until a probe of its own or the end of the doubt; an open one
/// may be told to wait longer before it probes.
///
/// The n-th opening without a close in between waits
///   W(n) = min(open_for * 2^max(0, n-2), max(open_for, open_for_max)),
/// and from the second on up to a tenth of that longer, at random.
///
/// Half-open, each probe holds a lease. One that runs out gives its place to
/// the next: a lost probe cannot keep the breaker half-open for ever.
class breaker {
public:
  /// Without a seed its waits are exact, not jittered.
  explicit breaker(const breaker_settings& settings,
                   std::optional<std::uint64_t> seed = std::nullopt);

  /// Takes up where an earlier owner left off; its probes are lost.
  breaker(const breaker_settings& settings, const breaker_snapshot& from,
          std::optional<std::uint64_t> seed = std::nullopt);

  /// The right to call, or nothing. May turn open into half_open.
  std::optional<breaker_permit> admit(time_point now);

  /// Notes how a permitted call went; gives a probe's place back whatever the
  /// outcome. `ignored` counts as neither: but it proves the dependency
  /// answers, so a probe that ends so closes.
  void record(breaker_permit permit, outcome how, const call_measure& measure,
              time_point now);

  /// The operator's hand. Leaving `forced_open` or `disabled` starts afresh.
  void set_mode(breaker_mode mode);

  /// New settings keep the state.
  void reconfigure(const breaker_settings& settings);

  /// Others have found the dependency failing: a closed breaker probes before
  /// it passes more.
  void doubt();

  /// The doubt is gone: what it has shut passes again, what this node itself
  /// has found stays.
  void trust();

  /// Half-open for the word of others alone. Who may not probe then had better
  /// wait for the probe than be refused.
  bool doubted() const noexcept { return doubted_; }

  /// Open, it does not probe before that time either.
  void defer(time_point until) noexcept { deferred_until_ = until; }

  /// The changes of state since the last call, in order: for metrics and logs.
  std::vector<breaker_transition> take_transitions();

  breaker_state state() const noexcept { return state_; }
  breaker_mode mode() const noexcept { return settings_.mode; }
  std::uint32_t generation() const noexcept { return generation_; }
  std::uint32_t consecutive_failures() const noexcept { return streak_; }

  /// How often it has opened since it was closed last.
  std::uint32_t openings() const noexcept { return openings_; }

  /// Probes that are out and whose lease has not run out.
  std::uint32_t probes(time_point now) const noexcept;

  /// When open: from then on a call may probe.
  time_point open_until() const noexcept {
    return std::max(open_until_, deferred_until_);
  }

  /// Whether calls pass without asking each time.
  bool passes_all() const noexcept;

  /// Whether, half-open, a probe may be sent then; without a time: as if no
  /// lease ever ran out.
  bool can_probe(time_point now = time_point::min()) const noexcept {
    return probes(now) < settings_.half_open_probes;
  }

  /// Until when calls are refused for sure; the distant past: they are not.
  time_point refuses_until() const noexcept;

  /// What callers are told: refused until then, unless something changes
  /// sooner. Open, the end of the wait; half-open with all probes out, when the
  /// first lease runs out (an outcome may come before); forced open, never.
  time_point shut_until() const noexcept;

  /// Whether a call at that time would be refused for sure.
  bool refuses_at(time_point when) const noexcept;

  breaker_snapshot snapshot() const noexcept;

private:
  struct lease {
    std::uint32_t number;
    time_point until;
  };

  breaker_permit lend(time_point now);
  bool give_back(std::uint32_t number, time_point now);
  void take_back(time_point now);
  void enter(breaker_state next);
  void change(breaker_state next, time_point now);
  duration next_wait();
  void count(outcome how, const call_measure& measure, time_point now);
  void judge_probe(outcome how, time_point now);
  void forget_outcomes() noexcept;
  bool rates_exceeded() const noexcept;

  breaker_settings settings_;
  std::optional<random_source> random_;
  outcome_window window_;
  std::optional<timed_window> timed_; // in its place, where a time is set
  breaker_state state_ = breaker_state::closed;
  std::uint32_t generation_ = 0;
  std::uint32_t streak_ = 0;
  std::uint32_t openings_ = 0;
  std::uint32_t last_lease_ = 0;
  std::vector<lease> leases_;
  time_point open_until_{};
  time_point deferred_until_ = time_point::min();
  bool doubted_ = false;
  std::vector<breaker_transition> transitions_;
};

} // namespace caisson
