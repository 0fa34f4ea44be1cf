// What is put right afterwards: what was not granted or not used, what a keeper
// does not know.
#include "actors/limits/peer_counts.hpp"

namespace caisson {

namespace {

constexpr std::array<std::uint64_t, charges::capacity> no_use{};

} // namespace

void peer_counter::unspend(account& whose, const asking& it) {
  caisson::settle(whose.windows, it.what.what, no_use, it.since, now(),
                  peers_.count());
}

/// What a keeper asks for that has not kept these windows for long: it is told
/// all of it, whatever this node takes for their keeper.
void peer_counter::recall(const quota_recall& x) {
  limit_key who{x.high, x.low};
  auto what = charges_in(x.what);
  auto from = other(x.version, x.name);
  auto* whose = find(who);
  if (!what || !from || !whose)
    return;
  auto out = about<quota_question>(who, *what);
  out.units = 0;
  add_past_of(*whose, *what, {}, out);
  if (auto keeper = keeper_of(who); keeper && keeper->node == *from) {
    turn_to(*whose->among, *keeper);
    whose->among->told |= slots_of(*what);
  }
  if (out.told == 0)
    return;
  tell_keeper(who, quota_errand{x.name, std::move(out)});
}

// -- beforehand, and afterwards -----------------------------------------------

void peer_counter::keep(const asking& it, account& whose, const standing& how,
                        std::uint32_t units) {
  auto& x = it.what;
  return_expired(x.who, *whose.among);
  auto beyond = whose.among->leases.keep(x.what, how, units, it.since);
  if (beyond > 0) {
    correct(x.who, times(x.what, beyond), no_use, now() - it.since);
  } else if (units > 1) {
    holds_.push_back({x.who, it.since});
    if (holds_.size() == 1)
      self_->delayed_send(self_, lease_book::life, sweep_atom::value);
  }
}

void peer_counter::return_expired(const limit_key& who, node_account& it) {
  for (auto& x : it.leases.expired(now()))
    correct(who, times(x.what, x.units), no_use, now() - x.since);
}

void peer_counter::sweep() {
  for (; !holds_.empty() && now() - holds_.front().since >= lease_book::life;
       holds_.pop_front())
    if (auto* whose = find(holds_.front().who))
      return_expired(holds_.front().who, *whose->among);
  if (!holds_.empty())
    self_->delayed_send(self_,
                        lease_book::life - (now() - holds_.front().since),
                        sweep_atom::value);
}

void peer_counter::settle(const limit_settlement& x) {
  if (x.source == limit_source::redis)
    return; // it was charged there
  auto& whose = account_of(x.who, x.known);
  time_point when{duration{x.spent_at}};
  caisson::settle(whose.windows, x.reserved, x.used, when, now(),
                  peers_.count());
  correct(x.who, x.reserved, x.used, now() - when);
}

void peer_counter::correct(const limit_key& who, const charges& reserved,
                           const uses& used, duration age) {
  auto keeper = keeper_of(who);
  auto* whose = find(who);
  if (!keeper || !whose || whose->among->told_to != keeper)
    return;
  auto out = about<quota_change>(who, reserved);
  out.used.assign(used.begin(),
                  used.begin() + static_cast<std::ptrdiff_t>(reserved.size()));
  // It was charged there after it was asked for here, and this comes later
  // still: told younger than it is, nothing of it would be found.
  out.age = length_of(age + quota_patience);
  tell_keeper(who, quota_notice{peers_.name_of(keeper->node), std::move(out)});
}

/// Where it is not believed, the next question tells all again.
template <class Errand>
void peer_counter::tell_keeper(const limit_key& who, Errand what) {
  auto weak = weak_from_this();
  auto in_vain = [weak, who] {
    auto self = weak.lock();
    if (auto* whose = self ? self->find(who) : nullptr)
      forget(*whose->among);
  };
  self_->request(peers_.line(), quota_patience, std::move(what))
    .then(
      [in_vain](const quota_answer& said) {
        if (!is_noted(said))
          in_vain();
      },
      [in_vain](const caf::error&) { in_vain(); });
}

} // namespace caisson
