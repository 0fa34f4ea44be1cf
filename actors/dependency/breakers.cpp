#include "actors/dependency/breakers.hpp"

#include "actors/telemetry/families.hpp"

namespace caisson {

breakers::breakers(std::shared_ptr<const house> home, compartment_ptr where,
                   const breaker_settings& settings, std::uint64_t seed)
  : home_(std::move(home)), where_(std::move(where)), settings_(settings),
    seed_(seed) {
  settings_.mode = where_->wished_mode();
  for (std::uint16_t i = 0; i < where_->slots(); ++i)
    of(i);
  publish();
}

breaker& breakers::of(std::uint16_t slot) {
  while (list_.size() <= slot) {
    auto next = static_cast<std::uint16_t>(list_.size());
    auto from = where_->retained(next);
    auto seed = settings_.jitter ? std::optional{seed_ + next} : std::nullopt;
    list_.push_back(std::make_unique<breaker>(settings_, from, seed));
    // Asked for since; of a new model, what the others have.
    list_.back()->set_mode(settings_.mode);
  }
  return *list_[slot];
}

std::optional<breaker_permit> breakers::admit(std::uint16_t slot,
                                              time_point now) {
  auto permit = of(slot).admit(now);
  if (permit)
    permit->slot = slot;
  return permit;
}

void breakers::record(const attempt_outcome& x, time_point now) {
  of(x.permit.slot).record(x.permit, x.how, x.measure, now);
}

void breakers::take_back(breaker_permit permit, time_point now) {
  of(permit.slot).record(permit, outcome::cancelled, duration{}, now);
}

void breakers::set_mode(breaker_mode mode) {
  settings_.mode = mode;
  for (auto& x : list_)
    x->set_mode(mode);
}

void breakers::reconfigure(const breaker_settings& settings) {
  settings_ = settings;
  for (auto& x : list_)
    x->reconfigure(settings);
}

bool breakers::refuses_at(std::uint16_t slot, time_point when) {
  return of(slot).refuses_at(when);
}

time_point breakers::refuses_until(std::uint16_t slot) {
  return of(slot).refuses_until();
}

void breakers::report(std::uint16_t slot, breaker_transition change) {
  auto& service = where_->slot(slot).service;
  std::string from{name_of(change.from)};
  std::string to{name_of(change.to)};
  home_->metrics->counter(families::breaker_transitions, {service, from, to})
    .add();
  home_->log->note(severity::warning, "dependency",
                   "breaker of " + service + " went from " + from + " to "
                     + to);
}

bool breakers::publish() {
  auto closed = false;
  std::uint16_t slot = 0;
  for (auto& breaker : list_) {
    for (auto change : breaker->take_transitions()) {
      report(slot, change);
      closed |= change.to == breaker_state::closed;
    }
    where_->publish(*breaker, slot);
    ++slot;
  }
  return closed;
}

} // namespace caisson
