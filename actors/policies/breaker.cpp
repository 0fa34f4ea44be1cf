#include "actors/policies/breaker.hpp"

#include <algorithm>
#include <random>
#include <utility>

namespace caisson {

std::string_view name_of(breaker_state state) noexcept {
  switch (state) {
    case breaker_state::closed:
      break;
    case breaker_state::open:
      return "open";
    case breaker_state::half_open:
      return "half_open";
  }
  return "closed";
}

namespace {

std::optional<timed_window> timed(const breaker_settings& settings) {
  if (!settings.window_time)
    return std::nullopt;
  return timed_window{*settings.window_time};
}

/// How long the n-th opening in a row waits, unjittered. Twice the wait never
/// overflows: it is not asked for beyond the cap.
duration nth_wait(const breaker_settings& settings, std::uint32_t n) noexcept {
  duration cap = std::max(settings.open_for, settings.open_for_max);
  duration wait = settings.open_for;
  for (; n > 2 && wait < cap; --n)
    wait = wait > cap / 2 ? cap : wait * 2;
  return wait;
}

} // namespace

breaker::breaker(const breaker_settings& settings,
                 std::optional<std::uint64_t> seed)
  : settings_(settings), window_(settings.window), timed_(timed(settings)) {
  if (seed)
    random_.emplace(*seed);
}

breaker::breaker(const breaker_settings& settings, const breaker_snapshot& from,
                 std::optional<std::uint64_t> seed)
  : breaker(settings, seed) {
  settings_.mode = from.mode;
  state_ = from.state;
  // Permits of the earlier owner must not count: a new generation.
  generation_ = from.generation + 1;
  streak_ = from.consecutive_failures;
  open_until_ = from.open_until;
  openings_ = from.openings;
}

std::optional<breaker_permit> breaker::admit(time_point now) {
  using enum breaker_state;
  if (passes_all())
    return breaker_permit{generation_, false};
  if (settings_.mode == breaker_mode::forced_open)
    return std::nullopt;
  if (state_ == open && now >= open_until())
    change(half_open, now);
  if (state_ != half_open)
    return std::nullopt;
  take_back(now);
  if (!can_probe())
    return std::nullopt;
  return lend(now);
}

breaker_permit breaker::lend(time_point now) {
  leases_.push_back({++last_lease_, now + settings_.probe_lease});
  return {generation_, true, 0, last_lease_};
}

/// False: that lease has run out.
bool breaker::give_back(std::uint32_t number, time_point now) {
  take_back(now);
  auto is_it = [=](const lease& x) { return x.number == number; };
  return std::erase_if(leases_, is_it) > 0;
}

void breaker::take_back(time_point now) {
  std::erase_if(leases_, [=](const lease& x) { return x.until <= now; });
}

void breaker::record(breaker_permit permit, outcome how,
                     const call_measure& measure, time_point now) {
  using enum breaker_state;
  if (permit.generation != generation_)
    return;
  if (permit.probe && !give_back(permit.lease, now))
    return;
  if (settings_.mode == breaker_mode::disabled || how == outcome::cancelled)
    return;
  if (state_ == closed) {
    count(how, measure, now);
  } else if (state_ == half_open && permit.probe) {
    judge_probe(how, now);
  } else if (settings_.mode == breaker_mode::metrics_only
             && (state_ == half_open || now >= open_until())) {
    // Nobody asks for a probe when all pass: any call will do as one.
    if (state_ == open)
      change(half_open, now);
    judge_probe(how, now);
  }
}

void breaker::judge_probe(outcome how, time_point now) {
  change(how == outcome::failure ? breaker_state::open : breaker_state::closed,
         now);
}

void breaker::count(outcome how, const call_measure& measure, time_point now) {
  if (how == outcome::ignored)
    return;
  auto failed = how == outcome::failure;
  auto dragged = slow(settings_, measure);
  streak_ = failed ? streak_ + 1 : 0;
  if (timed_)
    timed_->add(failed, dragged, now);
  else
    window_.add(failed, dragged);
  if (streak_ >= settings_.failures || rates_exceeded())
    change(breaker_state::open, now);
}

bool breaker::rates_exceeded() const noexcept {
  auto over = [this](const auto& seen) {
    auto limit = settings_.failure_rate.value_or(0.5);
    return (settings_.failure_rate && seen.failure_rate() > limit)
           || (judges_slow(settings_) && seen.slow_rate() > limit);
  };
  if (timed_)
    return timed_->calls() >= settings_.min_calls && over(*timed_);
  return window_.full() && over(window_);
}

void breaker::forget_outcomes() noexcept {
  streak_ = 0;
  window_.clear();
  if (timed_)
    timed_->clear();
}

void breaker::enter(breaker_state next) {
  transitions_.push_back({state_, next});
  state_ = next;
  ++generation_;
  doubted_ = false;
  leases_.clear();
}

void breaker::change(breaker_state next, time_point now) {
  enter(next);
  forget_outcomes();
  if (next == breaker_state::open)
    open_until_ = now + next_wait();
  else if (next == breaker_state::closed)
    openings_ = 0;
}

duration breaker::next_wait() {
  auto wait = nth_wait(settings_, ++openings_);
  // The first wait is what the operator wrote: nodes that saw a dependency fail
  // did not see it at the same instant. It is their probes that fall into step.
  if (!random_ || openings_ == 1)
    return wait;
  std::uniform_int_distribution<duration::rep> jitter{0, wait.count() / 10};
  return wait + duration{jitter(*random_)};
}

// What was counted is kept in both: word of others adds nothing to it and takes
// nothing away.

void breaker::doubt() {
  if (settings_.mode != breaker_mode::automatic
      || state_ != breaker_state::closed)
    return;
  enter(breaker_state::half_open);
  doubted_ = true;
}

void breaker::trust() {
  if (doubted_)
    enter(breaker_state::closed);
}

void breaker::set_mode(breaker_mode mode) {
  auto was = settings_.mode;
  settings_.mode = mode;
  auto judged = [](breaker_mode x) {
    return x == breaker_mode::automatic || x == breaker_mode::metrics_only;
  };
  if (!judged(mode) || judged(was))
    return;
  if (state_ != breaker_state::closed)
    change(breaker_state::closed, {});
  ++generation_;
  forget_outcomes();
}

void breaker::reconfigure(const breaker_settings& settings) {
  set_mode(settings.mode);
  auto changed = settings.window != settings_.window
                 || settings.window_time != settings_.window_time;
  settings_ = settings;
  if (!changed)
    return;
  window_ = outcome_window{settings.window};
  timed_ = timed(settings);
}

std::vector<breaker_transition> breaker::take_transitions() {
  return std::exchange(transitions_, {});
}

bool breaker::passes_all() const noexcept {
  if (settings_.mode == breaker_mode::forced_open)
    return false;
  return settings_.mode != breaker_mode::automatic
         || state_ == breaker_state::closed;
}

time_point breaker::refuses_until() const noexcept {
  if (settings_.mode == breaker_mode::forced_open)
    return time_point::max();
  auto refuses = settings_.mode == breaker_mode::automatic
                 && state_ == breaker_state::open;
  return refuses ? open_until() : time_point::min();
}

time_point breaker::shut_until() const noexcept {
  auto full = settings_.mode == breaker_mode::automatic
              && state_ == breaker_state::half_open && !doubted_
              && !can_probe();
  if (!full)
    return refuses_until();
  auto first = time_point::max();
  for (auto& x : leases_)
    first = std::min(first, x.until);
  return first;
}

std::uint32_t breaker::probes(time_point now) const noexcept {
  auto out = [=](const lease& x) { return x.until > now; };
  return static_cast<std::uint32_t>(std::ranges::count_if(leases_, out));
}

bool breaker::refuses_at(time_point when) const noexcept {
  return when < refuses_until();
}

breaker_snapshot breaker::snapshot() const noexcept {
  return {state_, settings_.mode, generation_, streak_, open_until_, openings_};
}

} // namespace caisson
