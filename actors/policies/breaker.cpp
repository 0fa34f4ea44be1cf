#include "actors/policies/breaker.hpp"

#include <utility>

namespace caisson {

std::string_view name_of(breaker_state state) noexcept {
  switch (state) {
    case breaker_state::closed:
      return "closed";
    case breaker_state::open:
      return "open";
    case breaker_state::half_open:
      return "half_open";
  }
  return "closed";
}

breaker::breaker(const breaker_settings& settings)
  : settings_(settings), window_(settings.window) {
  // nop
}

breaker::breaker(const breaker_settings& settings, const breaker_snapshot& from)
  : breaker(settings) {
  settings_.mode = from.mode;
  state_ = from.state;
  // Permits of the earlier owner must not count: a new generation.
  generation_ = from.generation + 1;
  streak_ = from.consecutive_failures;
  open_until_ = from.open_until;
}

std::optional<breaker_permit> breaker::admit(time_point now) {
  using enum breaker_state;
  if (passes_all())
    return breaker_permit{generation_, false};
  if (settings_.mode == breaker_mode::forced_open)
    return std::nullopt;
  if (state_ == open && now >= open_until_)
    change(half_open, now);
  if (state_ == half_open && can_probe()) {
    ++probes_;
    return breaker_permit{generation_, true};
  }
  return std::nullopt;
}

void breaker::record(breaker_permit permit, outcome how, duration took,
                     time_point now) {
  using enum breaker_state;
  if (permit.generation != generation_)
    return;
  if (permit.probe && probes_ > 0)
    --probes_;
  if (settings_.mode == breaker_mode::disabled || how == outcome::cancelled)
    return;
  if (state_ == closed) {
    count(how, took, now);
  } else if (state_ == half_open && permit.probe) {
    judge_probe(how, now);
  } else if (settings_.mode == breaker_mode::metrics_only
             && (state_ == half_open || now >= open_until_)) {
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

void breaker::count(outcome how, duration took, time_point now) {
  if (how == outcome::ignored)
    return;
  auto failed = how == outcome::failure;
  streak_ = failed ? streak_ + 1 : 0;
  window_.add(failed, settings_.slow_call && took > *settings_.slow_call);
  if (streak_ >= settings_.failures || rates_exceeded())
    change(breaker_state::open, now);
}

bool breaker::rates_exceeded() const noexcept {
  if (!window_.full())
    return false;
  auto limit = settings_.failure_rate.value_or(0.5);
  return (settings_.failure_rate && window_.failure_rate() > limit)
         || (settings_.slow_call && window_.slow_rate() > limit);
}

void breaker::change(breaker_state next, time_point now) {
  transitions_.push_back({state_, next});
  state_ = next;
  ++generation_;
  probes_ = 0;
  streak_ = 0;
  window_.clear();
  if (next == breaker_state::open)
    open_until_ = now + settings_.open_for;
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
  streak_ = 0;
  window_.clear();
}

void breaker::reconfigure(const breaker_settings& settings) {
  set_mode(settings.mode);
  auto resized = settings.window != settings_.window;
  settings_ = settings;
  if (resized)
    window_ = outcome_window{settings.window};
}

std::vector<breaker_transition> breaker::take_transitions() {
  return std::exchange(transitions_, {});
}

bool breaker::passes_all() const noexcept {
  switch (settings_.mode) {
    case breaker_mode::automatic:
      return state_ == breaker_state::closed;
    case breaker_mode::forced_open:
      return false;
    case breaker_mode::disabled:
    case breaker_mode::metrics_only:
      return true;
  }
  return true;
}

time_point breaker::refuses_until() const noexcept {
  if (settings_.mode == breaker_mode::forced_open)
    return time_point::max();
  auto refuses = settings_.mode == breaker_mode::automatic
                 && state_ == breaker_state::open;
  return refuses ? open_until_ : time_point::min();
}

bool breaker::refuses_at(time_point when) const noexcept {
  return when < refuses_until();
}

breaker_snapshot breaker::snapshot() const noexcept {
  return {state_, settings_.mode, generation_, streak_, open_until_};
}

} // namespace caisson
