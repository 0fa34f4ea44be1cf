#include "actors/dependency/compartment.hpp"

#include <caf/send.hpp>

#include "actors/telemetry/families.hpp"

namespace caisson {
namespace {

// The flags of a breaker_slot's word.
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

// -- compartment, callers' side -----------------------------------------------

breaker_slot::breaker_slot(std::string name, metrics::registry& home)
  : service(std::move(name)),
    refusals(home.counter(families::breaker_refusals, {service})) {
  // From the start at 0: a rate cannot see the first step of a new series.
  using enum breaker_state;
  for (auto [from, to] : {std::pair{closed, open},
                          {open, half_open},
                          {half_open, open},
                          {half_open, closed}})
    home.counter(
      families::breaker_transitions,
      {service, std::string{name_of(from)}, std::string{name_of(to)}});
}

compartment::compartment(std::shared_ptr<const dependency_settings> settings,
                         metrics::registry& home)
  : name_(settings->name), kind_(settings->kind), family_(family_of(kind_)),
    metrics_(home),
    gate_(settings->bulkhead.concurrency, settings->bulkhead.queue),
    queue_full_(
      home.counter(families::bulkhead_rejections, {name_, "queue_full"})),
    over_share_(
      home.counter(families::bulkhead_rejections, {name_, "over_share"})),
    too_late_(
      home.counter(families::bulkhead_rejections, {name_, "too_late"})) {
  slots_[0] = std::make_unique<breaker_slot>(name_, home);
  slot_count_ = 1;
  publish(breaker{settings->breaker});
  reconfigure(std::move(settings));
}

std::uint16_t compartment::slot_of(std::string_view model) const {
  std::lock_guard guard{lock_};
  auto known = models_.find(model);
  return per_model_ && known != models_.end() ? known->second
                                              : std::uint16_t{0};
}

void compartment::name_model(const std::string& model) {
  std::lock_guard guard{lock_};
  auto next = slot_count_.load();
  if (!per_model_ || next == most_slots || models_.contains(model))
    return;
  slots_[next] = std::make_unique<breaker_slot>(name_ + "/" + model, metrics_);
  slots_[next]->word = passing_bit;
  models_.emplace(model, next);
  ++slot_count_;
}

entry compartment::enter(const visit& who) {
  auto& judge = *slots_[who.slot];
  auto seen = judge.word.load(std::memory_order_acquire);
  if ((seen & passing_bit) == 0) {
    if (ticks(who.now) >= judge.open_until.load(std::memory_order_relaxed))
      return wait(who, 1); // a probe may be due: the supervisor's call
    return {entry::kind::refused, {}, breaker_refusal(who.now, who.slot)};
  }
  auto held = held_until_.load(std::memory_order_relaxed);
  if (held <= ticks(who.now) && gate_.try_enter()) {
    breaker_permit permit;
    permit.generation = static_cast<std::uint32_t>(seen >> 32);
    permit.slot = who.slot;
    return {
      entry::kind::admitted,
      ticket{shared_from_this(), ticket::stage::in_flight, permit, who.caller},
      {}};
  }
  return queue_or_refuse(who);
}

entry compartment::queue_or_refuse(const visit& who) {
  if (in_vain(who))
    return refuse(too_late_, "the wait for a place would take too long");
  // Asked in any case: who is refused has wanted a place as well.
  auto fair = shares_.may_wait(who.caller, gate_.queue(), who.now);
  if (!fair && gate_.waiting() < gate_.queue())
    return refuse(over_share_, "others wait for the dependency as well");
  return wait(who, 0);
}

entry compartment::wait(const visit& who, std::uint32_t at_least) {
  if (!gate_.try_wait(at_least))
    return refuse(queue_full_, "all places of the dependency are taken");
  shares_.enter(who.caller);
  return {entry::kind::queued,
          ticket{shared_from_this(), ticket::stage::waiting, {}, who.caller},
          {}};
}

bool compartment::in_vain(const visit& who) const noexcept {
  auto service = service_.load(std::memory_order_relaxed);
  auto limit = std::max<std::int64_t>(gate_.limit(), 1);
  auto expected = service * gate_.waiting() / limit;
  // A place ahead of the first who waits is half used up, on average.
  return service > 0
         && (expected > queue_timeout_.load(std::memory_order_relaxed)
             || duration{expected + service / 2} > who.deadline - who.now);
}

entry compartment::refuse(metrics::counter& reason, const char* detail) const {
  reason.add();
  auto why = make_fault(errc::bulkhead_rejected, detail);
  why.dependency = name_;
  why.retry_after = millis{1'000};
  return {entry::kind::refused, {}, std::move(why)};
}

fault compartment::breaker_refusal(time_point now, std::uint16_t slot) const {
  auto& judge = *slots_[slot];
  judge.refusals.add();
  auto why = make_fault(errc::circuit_breaker_open,
                        "the circuit breaker of the dependency is open");
  why.dependency = name_;
  auto until = from_ticks(judge.open_until.load(std::memory_order_relaxed));
  // Half-open, nobody knows how long a probe takes.
  auto known = judge.state == breaker_state::open && until >= now
               && until != time_point::max();
  why.retry_after = known ? wait_until(until, now) : millis{1'000};
  return why;
}

std::optional<millis> compartment::usual_first_byte() const noexcept {
  auto known = first_byte_.load(std::memory_order_relaxed);
  return known < 0 ? std::nullopt : std::optional{millis{known}};
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
  auto count = slots();
  if (count == 1)
    return slots_[0]->state;
  // With a breaker for each model, the first judges only who has none.
  auto best = breaker_state::open;
  for (std::uint16_t i = 1; i < count; ++i) {
    auto one = slots_[i]->state.load();
    if (one == breaker_state::closed)
      return one;
    if (one == breaker_state::half_open)
      best = one;
  }
  return best;
}

bool compartment::eager(std::uint16_t slot) const noexcept {
  return (slots_[slot]->word.load(std::memory_order_acquire) & eager_bit) != 0;
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
  queue_timeout_ = duration{settings->bulkhead.queue_timeout}.count();
  per_model_ = settings->breaker.per_model;
  std::lock_guard guard{lock_};
  // The operator's hand outlasts a reload that does not speak of the mode.
  if (!settings_ || settings_->breaker.mode != settings->breaker.mode)
    wished_mode_ = settings->breaker.mode;
  settings_ = std::move(settings);
}

void compartment::set_limit(std::uint32_t limit) noexcept {
  gate_.narrow(limit);
}

void compartment::publish_pace(duration service,
                               std::optional<millis> first_byte) noexcept {
  service_.store(service.count(), std::memory_order_relaxed);
  first_byte_.store(first_byte ? first_byte->count() : -1,
                    std::memory_order_relaxed);
}

std::shared_ptr<const dependency_settings> compartment::settings() const {
  std::lock_guard guard{lock_};
  return settings_;
}

void compartment::publish(const breaker& now, std::uint16_t slot) {
  auto& word = *slots_[slot];
  auto eager
    = now.state() != breaker_state::closed || now.consecutive_failures() > 0;
  word.state = now.state();
  word.mode = now.mode();
  word.doubted = now.doubted();
  word.open_until.store(ticks(now.shut_until()), std::memory_order_relaxed);
  word.word.store((std::uint64_t{now.generation()} << 32)
                    | (eager ? eager_bit : 0)
                    | (now.passes_all() ? passing_bit : 0),
                  std::memory_order_release);
  std::lock_guard guard{lock_};
  word.retained = now.snapshot();
}

void compartment::hold(time_point until) noexcept {
  auto wanted = ticks(until);
  if (held_until_.load(std::memory_order_relaxed) < wanted)
    held_until_.store(wanted, std::memory_order_relaxed);
}

time_point compartment::held_until() const noexcept {
  return from_ticks(held_until_.load(std::memory_order_relaxed));
}

void compartment::set_mode(breaker_mode wanted, std::function<void()> done) {
  wished_mode_ = wanted;
  caf::anon_send(supervisor(), breaker_mode_set{std::move(done)});
}

void compartment::leave_config(time_point when) noexcept {
  left_config_.store(ticks(when), std::memory_order_relaxed);
}

std::optional<time_point> compartment::left_config() const noexcept {
  auto when = left_config_.load(std::memory_order_relaxed);
  return when == 0 ? std::nullopt : std::optional{from_ticks(when)};
}

breaker_snapshot compartment::retained(std::uint16_t slot) const {
  std::lock_guard guard{lock_};
  return slots_[slot]->retained;
}

void compartment::leave(ticket::stage from, std::uint64_t caller) noexcept {
  if (from == ticket::stage::waiting) {
    gate_.stop_waiting();
    shares_.leave(caller);
  } else if (gate_.leave()) {
    caf::anon_send(supervisor(), permit_freed_atom::value);
  }
}

void compartment::probe_lost(breaker_permit permit) noexcept {
  attempt_outcomes news;
  news.list.push_back({permit, outcome::cancelled, false, {}});
  if (auto who = supervisor())
    caf::anon_send(who, std::move(news));
}

} // namespace caisson
