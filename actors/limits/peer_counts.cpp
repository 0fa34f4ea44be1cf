#include "actors/limits/peer_counts.hpp"

#include <algorithm>

#include "actors/telemetry/families.hpp"

namespace caisson {

namespace {

/// Nobody waits longer for another node: what is left of 50 ms is for the way.
constexpr millis peer_patience{40};
/// A keeper that has not answered is asked by one question in so much time, until
/// it answers or is heard of otherwise; the others are decided here.
constexpr millis doubt{250};

void tell(const limit_question& x, standing how) {
  how.source = limit_source::cluster;
  x.to->decided(how);
}

/// From now on whoever keeps the windows is to be told all, and has granted
/// nothing.
void forget(node_account& it) {
  it.told_to.reset();
  it.told.reset();
  it.leases.clear();
}

void turn_to(node_account& it, const limit_keeper& keeper) {
  if (it.told_to == keeper)
    return;
  forget(it);
  it.told_to = keeper;
}

} // namespace

peer_counter::peer_counter(limiter_ptr self)
  : self_(self), peers_(*self->state.plan.circle) {
  auto counter = [&](const char* by) {
    return self->state.plan.home->metrics->counter(families::limiter_decisions,
                                                   {by});
  };
  by_keeper_ = counter("keeper");
  by_lease_ = counter("lease");
  by_peer_ = counter("peer");
  by_share_ = counter("share");
}

account& peer_counter::account_of(const limit_key& who, bool known) {
  auto& out = self_->state.plan.shard->clients.of(who, known, now());
  if (!out.among)
    out.among = std::make_unique<node_account>();
  return out;
}

account* peer_counter::find(const limit_key& who) {
  auto* out = self_->state.plan.shard->clients.find(who);
  return out && out->among ? out : nullptr;
}

void peer_counter::send(const limit_keeper& to, quota_change what) {
  self_->send(peers_.line(),
              quota_notice{peers_.name_of(to.node), std::move(what)});
}

// -- a question ---------------------------------------------------------------

void peer_counter::ask(const limit_question& x) {
  auto& whose = account_of(x.who, x.known);
  auto keeper = keeper_of(x.who);
  if (!keeper) {
    decide_alone(x);
  } else if (peers_.self(keeper->node)) {
    by_keeper_.add();
    forget(*whose.among);
    tell(x, decide_as_keeper(x.who, whose, whose.windows, x.what, 1).how);
  } else if (auto how = held(whose, x.what, *keeper)) {
    by_lease_.add();
    tell(x, *how);
  } else if (doubted(keeper->node)) {
    decide_alone(x);
  } else {
    put(x, whose, *keeper);
  }
}

void peer_counter::decide_alone(const limit_question& x) {
  by_share_.add();
  auto& whose = account_of(x.who, x.known);
  forget(*whose.among); // no keeper hears of what this lets in
  tell(x, decide(whose, x.what, now(), peers_.count()));
}

std::optional<standing> peer_counter::held(account& whose, const charges& what,
                                           const limit_keeper& keeper) {
  turn_to(*whose.among, keeper);
  auto how = whose.among->leases.take(what, now());
  if (!how)
    return std::nullopt;
  if (!how->exceeded)
    spend_here(whose, what);
  how->spent_at = now().time_since_epoch().count();
  return how;
}

bool peer_counter::doubted(std::size_t node) {
  auto at = doubts_.find(node);
  if (at == doubts_.end())
    return false;
  if (peers_.heard(node) > at->second.since) {
    doubts_.erase(at);
    return false;
  }
  if (now() < at->second.until)
    return true;
  at->second.until = now() + doubt; // this one tries it
  return false;
}

void peer_counter::spend_here(account& whose, const charges& what) {
  for (auto& one : what.all())
    whose.windows[one.slot].spend(share_of(one.of, peers_.count()), one.cost,
                                  now());
}

// -- to the keeper ------------------------------------------------------------

quota_question peer_counter::question(const limit_key& who, bool known,
                                      const charges& what) const {
  quota_question out;
  out.name = peers_.self_name();
  out.high = who.high;
  out.low = who.low;
  out.known = known;
  out.what = quota_lines(what);
  return out;
}

/// Told from here on: what is asked next must not tell it again, and undo what
/// this question is charged.
void peer_counter::add_untold(quota_question& to, account& whose,
                              const charges& what) {
  for (std::size_t i = 0; i < what.size(); ++i) {
    auto& one = what.all()[i];
    if (whose.among->told[one.slot])
      continue;
    whose.among->told.set(one.slot);
    add_past(to, i, whose.windows[one.slot].spent(one.of, now()), now());
  }
}

void peer_counter::put(const limit_question& x, account& whose,
                       const limit_keeper& keeper) {
  auto out = question(x.who, x.known, x.what);
  out.units = whose.among->leases.wanted(x.what, now());
  add_untold(out, whose, x.what);
  // This object may be gone by then, and with it all that waits here.
  auto weak = weak_from_this();
  self_
    ->request(peers_.line(), peer_patience,
              quota_errand{peers_.name_of(keeper.node), std::move(out)})
    .then(
      [weak, x, keeper](const quota_answer& said) {
        if (auto it = weak.lock())
          it->on_answer(x, keeper, said);
      },
      [weak, x, keeper](const caf::error&) {
        if (auto it = weak.lock())
          it->on_silence(x, keeper);
      });
}

void peer_counter::on_answer(const limit_question& x,
                             const limit_keeper& keeper,
                             const quota_answer& said) {
  doubts_.erase(keeper.node);
  auto how = standing_in(said);
  if (!how) {
    decide_alone(x);
    return;
  }
  by_peer_.add();
  auto& whose = account_of(x.who, x.known);
  if (!how->exceeded)
    spend_here(whose, x.what);
  if (whose.among->told_to == keeper)
    keep(x, whose, *how, said.units);
  if (!how->exceeded)
    how->remaining = std::min(how->limit, how->remaining + said.units - 1);
  how->spent_at = now().time_since_epoch().count();
  tell(x, *how);
}

void peer_counter::on_silence(const limit_question& x,
                              const limit_keeper& keeper) {
  doubts_[keeper.node] = {now(), now() + doubt};
  decide_alone(x);
}

/// What a keeper asks for that has not kept these windows for long.
void peer_counter::recall(const quota_recall& x) {
  limit_key who{x.high, x.low};
  auto what = charges_in(x.what);
  auto from = other(x.version, x.name);
  auto keeper = keeper_of(who);
  auto* whose = find(who);
  if (!what || !from || !whose || !keeper || keeper->node != *from)
    return;
  auto& among = *whose->among;
  turn_to(among, *keeper);
  auto out = question(who, false, *what);
  out.units = 0;
  add_untold(out, *whose, *what);
  if (out.told == 0)
    return; // it knows
  auto weak = weak_from_this();
  self_
    ->request(peers_.line(), peer_patience,
              quota_errand{x.name, std::move(out)})
    .then([](const quota_answer&) {},
          [weak, who](const caf::error&) {
            auto it = weak.lock();
            if (auto* whose = it ? it->find(who) : nullptr)
              forget(*whose->among); // perhaps it has not heard
          });
}

// -- beforehand, and afterwards -----------------------------------------------

void peer_counter::keep(const limit_question& x, account& whose,
                        const standing& how, std::uint32_t units) {
  auto beyond = whose.among->leases.keep(x.what, how, units, now());
  if (beyond > 0) {
    correct(x.who, times(x.what, beyond), {}, duration{0});
  } else if (units > 1) {
    if (holds_.empty())
      self_->delayed_send(self_, lease_book::life, sweep_atom::value);
    holds_.push_back({x.who, now()});
  }
}

void peer_counter::sweep() {
  for (; !holds_.empty() && now() - holds_.front().since >= lease_book::life;
       holds_.pop_front())
    if (auto* whose = find(holds_.front().who))
      for (auto& x : whose->among->leases.expired(now()))
        correct(holds_.front().who, times(x.what, x.units), {},
                now() - x.since);
  if (!holds_.empty())
    self_->delayed_send(self_, lease_book::life, sweep_atom::value);
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

void peer_counter::correct(
  const limit_key& who, const charges& reserved,
  const std::array<std::uint64_t, charges::capacity>& used, duration age) {
  auto keeper = keeper_of(who);
  auto* whose = find(who);
  if (!keeper || !whose || whose->among->told_to != keeper)
    return;
  quota_change out;
  out.name = peers_.self_name();
  out.high = who.high;
  out.low = who.low;
  out.what = quota_lines(reserved);
  out.used.assign(used.begin(),
                  used.begin() + static_cast<std::ptrdiff_t>(reserved.size()));
  out.age = length_of(age);
  send(*keeper, std::move(out));
}

std::shared_ptr<limit_counts> peer_counts(limiter_ptr self) {
  return std::make_shared<peer_counter>(self);
}

} // namespace caisson
