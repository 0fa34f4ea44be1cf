#include "actors/dependency/compartment.hpp"

#include <caf/send.hpp>

#include "actors/telemetry/families.hpp"

namespace caisson {
namespace {

// The breaker's word: its generation above, two flags below.
constexpr std::uint64_t passing_bit = 1;
constexpr std::uint64_t eager_bit = 2;

std::int64_t ticks(time_point when) noexcept {
  return when.time_since_epoch().count();
}

time_point from_ticks(std::int64_t when) noexcept {
  return time_point{duration{when}};
}

millis wait_until(time_point when, time_point now) noexcept {
  auto left = std::chrono::ceil<millis>(when - now);
  return std::max(left, millis{1});
}

} // namespace

// -- ticket -------------------------------------------------------------------

ticket::ticket(compartment_ptr home, stage at, breaker_permit permit) noexcept
  : home_(std::move(home)), stage_(at), permit_(permit) {
  // nop
}

ticket::ticket(ticket&& other) noexcept
  : home_(std::move(other.home_)),
    stage_(std::exchange(other.stage_, stage::none)), permit_(other.permit_) {
  // nop
}

ticket& ticket::operator=(ticket&& other) noexcept {
  if (this != &other) {
    release();
    home_ = std::move(other.home_);
    stage_ = std::exchange(other.stage_, stage::none);
    permit_ = other.permit_;
  }
  return *this;
}

ticket::~ticket() {
  release();
}

bool ticket::grant(breaker_permit permit) noexcept {
  if (stage_ != stage::waiting || !home_->gate_.try_grant())
    return false;
  stage_ = stage::in_flight;
  permit_ = permit;
  return true;
}

void ticket::release() noexcept {
  auto was = std::exchange(stage_, stage::none);
  if (was == stage::none)
    return;
  if (was == stage::in_flight && permit_.probe)
    home_->probe_lost(permit_);
  home_->leave(was);
  home_ = nullptr;
}

// -- compartment, callers' side -----------------------------------------------

compartment::compartment(std::shared_ptr<const dependency_settings> settings,
                         metrics::registry& home)
  : name_(settings->name), kind_(settings->kind),
    gate_(settings->bulkhead.concurrency, settings->bulkhead.queue),
    refusals_(home.counter(families::breaker_refusals, {name_})),
    queue_full_(
      home.counter(families::bulkhead_rejections, {name_, "queue_full"})),
    settings_(std::move(settings)) {
  publish(breaker{settings_->breaker});
}

entry compartment::enter(time_point now) {
  auto seen = word_.load(std::memory_order_acquire);
  if ((seen & passing_bit) == 0) {
    if (ticks(now) >= open_until_.load(std::memory_order_relaxed))
      return queue_or_refuse(1); // a probe may be due: the supervisor's call
    return {entry::kind::refused, {}, breaker_refusal(now)};
  }
  auto held = held_until_.load(std::memory_order_relaxed);
  if (held <= ticks(now) && gate_.try_enter()) {
    breaker_permit permit{static_cast<std::uint32_t>(seen >> 32), false};
    return {entry::kind::admitted,
            ticket{shared_from_this(), ticket::stage::in_flight, permit},
            {}};
  }
  return queue_or_refuse();
}

entry compartment::queue_or_refuse(std::uint32_t at_least) {
  if (gate_.try_wait(at_least))
    return {entry::kind::queued,
            ticket{shared_from_this(), ticket::stage::waiting, {}},
            {}};
  queue_full_.add();
  auto why = make_fault(errc::bulkhead_rejected,
                        "all places of the dependency are taken");
  why.dependency = name_;
  why.retry_after = millis{1'000};
  return {entry::kind::refused, {}, std::move(why)};
}

fault compartment::breaker_refusal(time_point now) const {
  refusals_.add();
  auto why = make_fault(errc::circuit_breaker_open,
                        "the circuit breaker of the dependency is open");
  why.dependency = name_;
  auto until = from_ticks(open_until_.load(std::memory_order_relaxed));
  why.retry_after = until == time_point::max() || until < now
                      ? millis{1'000}
                      : wait_until(until, now);
  return why;
}

worker_actor compartment::worker(std::size_t thread) const {
  std::lock_guard guard{lock_};
  return thread < workers_.size() ? workers_[thread] : worker_actor{};
}

dependency_actor compartment::supervisor() const {
  std::lock_guard guard{lock_};
  return supervisor_;
}

breaker_state compartment::state() const noexcept {
  return state_;
}

bool compartment::eager() const noexcept {
  return (word_.load(std::memory_order_acquire) & eager_bit) != 0;
}

// -- compartment, supervisor's side -------------------------------------------

void compartment::moved_in(dependency_actor who) {
  std::lock_guard guard{lock_};
  supervisor_ = std::move(who);
}

void compartment::moved_in(std::size_t thread, worker_actor who) {
  std::lock_guard guard{lock_};
  if (workers_.size() <= thread)
    workers_.resize(thread + 1);
  workers_[thread] = std::move(who);
}

void compartment::reconfigure(
  std::shared_ptr<const dependency_settings> settings) {
  gate_.resize(settings->bulkhead.concurrency, settings->bulkhead.queue);
  std::lock_guard guard{lock_};
  settings_ = std::move(settings);
}

std::shared_ptr<const dependency_settings> compartment::settings() const {
  std::lock_guard guard{lock_};
  return settings_;
}

void compartment::publish(const breaker& now) {
  auto until = now.open_until();
  if (now.mode() == breaker_mode::forced_open)
    until = time_point::max();
  else if (now.state() == breaker_state::half_open)
    // All probes are out: refuse like open, until one of them is back.
    until = now.can_probe() ? time_point{} : time_point::max();
  auto eager
    = now.state() != breaker_state::closed || now.consecutive_failures() > 0;
  state_ = now.state();
  mode_ = now.mode();
  open_until_.store(ticks(until), std::memory_order_relaxed);
  word_.store((std::uint64_t{now.generation()} << 32) | (eager ? eager_bit : 0)
                | (now.passes_all() ? passing_bit : 0),
              std::memory_order_release);
  std::lock_guard guard{lock_};
  retained_ = now.snapshot();
}

void compartment::hold(time_point until) noexcept {
  auto wanted = ticks(until);
  if (held_until_.load(std::memory_order_relaxed) < wanted)
    held_until_.store(wanted, std::memory_order_relaxed);
}

time_point compartment::held_until() const noexcept {
  return from_ticks(held_until_.load(std::memory_order_relaxed));
}

breaker_snapshot compartment::retained() const {
  std::lock_guard guard{lock_};
  return retained_;
}

void compartment::leave(ticket::stage from) noexcept {
  if (from == ticket::stage::waiting)
    gate_.stop_waiting();
  else if (gate_.leave())
    caf::anon_send(supervisor(), permit_freed_atom::value);
}

void compartment::probe_lost(breaker_permit permit) noexcept {
  attempt_outcomes news;
  news.list.push_back({permit, outcome::cancelled, false, {}});
  if (auto who = supervisor())
    caf::anon_send(who, std::move(news));
}

} // namespace caisson
