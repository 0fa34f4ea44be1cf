#include "actors/dependency/breakers.hpp"

#include <algorithm>
#include <utility>

#include "actors/telemetry/families.hpp"

namespace caisson {

breakers::breakers(std::shared_ptr<const house> home, compartment_ptr where,
                   const breaker_settings& settings, std::uint64_t seed)
  : home_(std::move(home)), where_(std::move(where)), settings_(settings),
    seed_(seed) {
  settings_.mode = where_->wished_mode();
  for (std::uint16_t i = 0; i < where_->slots(); ++i)
    of(i);
  publish({});
}

breakers::judge& breakers::of(std::uint16_t slot) {
  while (list_.size() <= slot) {
    auto next = static_cast<std::uint16_t>(list_.size());
    auto from = where_->retained(next);
    auto seed = settings_.jitter ? std::optional{seed_ + next} : std::nullopt;
    list_.push_back(
      std::make_unique<judge>(judge{breaker{settings_, from, seed}, {}}));
    if (from.state != breaker_state::closed) {
      list_.back()->episode = list_.back()->now.generation();
      list_.back()->told = true;
    }
    // Asked for since; of a new model, what the others have.
    list_.back()->now.set_mode(settings_.mode);
  }
  return *list_[slot];
}

std::optional<breaker_permit> breakers::admit(std::uint16_t slot,
                                              time_point now) {
  auto permit = of(slot).now.admit(now);
  if (permit)
    permit->slot = slot;
  return permit;
}

void breakers::record(const attempt_outcome& x, time_point now) {
  of(x.permit.slot).now.record(x.permit, x.how, x.measure, now);
}

void breakers::take_back(breaker_permit permit, time_point now) {
  of(permit.slot).now.record(permit, outcome::cancelled, duration{}, now);
}

void breakers::set_mode(breaker_mode mode) {
  settings_.mode = mode;
  for (auto& x : list_)
    x->now.set_mode(mode);
}

void breakers::reconfigure(const breaker_settings& settings) {
  settings_ = settings;
  for (auto& x : list_)
    x->now.reconfigure(settings);
}

/// What of it others doubt has changed.
void breakers::heed(judge& one) {
  if (!one.others.doubts())
    one.now.trust();
  one.now.defer(one.others.until());
}

void breakers::hear(const breaker_rumour& news, double share, time_point now) {
  // Nobody makes this node wait for longer than it would by itself.
  auto what = news.what;
  what.left = std::min(
    what.left, duration{std::max(settings_.open_for, settings_.open_for_max)});
  for (std::uint16_t slot = 0; slot < where_->slots(); ++slot) {
    auto& one = of(slot);
    if (where_->slot(slot).service != news.service)
      continue;
    if (one.others.heard(news.node, what, share, now))
      one.now.doubt();
    heed(one);
  }
}

void breakers::forget(const std::string& node) {
  for (auto& one : list_) {
    one->others.gone(node);
    heed(*one);
  }
}

bool breakers::refuses_at(std::uint16_t slot, time_point when) {
  return of(slot).now.refuses_at(when);
}

time_point breakers::refuses_until(std::uint16_t slot) {
  return of(slot).now.refuses_until();
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

/// What this node has seen itself, for as long as it acts upon it.
void breakers::tell(judge& one, std::uint16_t slot, bool opened,
                    time_point now) {
  auto acts = settings_.mode == breaker_mode::automatic;
  auto over = one.told && (one.episode == 0 || !acts);
  if (!home_->board || (!over && !(opened && acts)))
    return;
  one.told = !over;
  // Its own wait, not what others have made of it: word must not feed word.
  auto left = over ? duration{} : one.now.snapshot().open_until - now;
  home_->board->tell(where_->slot(slot).service, {!over, one.episode, left},
                     now);
}

bool breakers::publish(time_point now) {
  auto recovered = false;
  std::uint16_t slot = 0;
  for (auto& one : list_) {
    auto opened = false;
    for (auto change : one->now.take_transitions()) {
      report(slot, change);
      opened = change.to == breaker_state::open;
      recovered |= note(*one, change);
    }
    tell(*one, slot, opened, now);
    where_->publish(one->now, slot);
    ++slot;
  }
  return recovered;
}

/// True: what this node had found failing is well. What only others doubted was
/// well all the time.
bool breakers::note(judge& one, breaker_transition change) {
  if (change.to == breaker_state::open && one.episode == 0)
    one.episode = one.now.generation();
  if (change.to != breaker_state::closed)
    return false;
  one.others.overrule();
  heed(one);
  return std::exchange(one.episode, 0) != 0;
}

} // namespace caisson
