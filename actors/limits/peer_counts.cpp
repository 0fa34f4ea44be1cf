#include "actors/limits/peer_counts.hpp"

#include <algorithm>

#include "actors/telemetry/families.hpp"

namespace caisson {

namespace {

/// A keeper that has not answered is asked by one question in so much time,
/// until it answers or is heard of otherwise; the others are decided here.
constexpr millis doubt{250};

void tell(const limit_question& x, standing how) {
  how.source = limit_source::cluster;
  x.to->decided(how);
}

} // namespace

peer_counter::peer_counter(limiter_ptr self)
  : self_(self), peers_(*self->state.plan.circle),
    era_(++self->state.plan.shard->eras) {
  auto counter = [&](const char* by) {
    return self->state.plan.home->metrics->counter(families::limiter_decisions,
                                                   {by});
  };
  by_keeper_ = counter("keeper");
  by_lease_ = counter("lease");
  by_peer_ = counter("peer");
  by_share_ = counter("share");
}

/// Meanwhile somebody else may have let in what no keeper has heard of.
void peer_counter::in_this_era(account& whose) const {
  if (!whose.among)
    whose.among = std::make_unique<node_account>();
  auto& it = *whose.among;
  if (it.era == era_)
    return;
  it.era = era_;
  it.recalled.reset();
  forget(it);
}

account& peer_counter::account_of(const limit_key& who, bool known) {
  auto& out = self_->state.plan.shard->clients.of(who, known, now());
  in_this_era(out);
  return out;
}

account* peer_counter::find(const limit_key& who) {
  auto* out = self_->state.plan.shard->clients.find(who);
  if (out)
    in_this_era(*out);
  return out;
}

// -- a question ---------------------------------------------------------------

void peer_counter::ask(const limit_question& x) {
  auto& whose = account_of(x.who, x.known);
  auto keeper = keeper_of(x.who);
  if (keeper && peers_.self(keeper->node)) {
    by_keeper_.add();
    tell(x, decide_own(x, whose));
  } else if (auto how = keeper ? held(x, whose, *keeper) : std::nullopt) {
    by_lease_.add();
    tell(x, *how);
  } else if (keeper && !doubted(keeper->node)) {
    put(x, whose, *keeper);
  } else {
    decide_alone(x);
  }
}

/// A refusal is believed for a moment here, too: it is dear to find out.
standing peer_counter::decide_own(const limit_question& x, account& whose) {
  auto& among = *whose.among;
  if (among.told_to)
    forget(among);
  if (auto how = among.leases.take(x.what, now()); how && how->exceeded)
    return *how;
  auto how = decide_as_keeper(x.who, whose, whose.windows, x.what, 1).how;
  if (how.exceeded)
    among.leases.keep(x.what, how, 0, now());
  return how;
}

void peer_counter::decide_alone(const limit_question& x) {
  by_share_.add();
  auto& whose = account_of(x.who, x.known);
  forget(*whose.among); // no keeper hears of what this lets in
  tell(x, decide(whose, x.what, now(), peers_.count()));
}

std::optional<standing> peer_counter::held(const limit_question& x,
                                           account& whose,
                                           const cluster_keeper& keeper) {
  turn_to(*whose.among, keeper);
  return_expired(x.who, *whose.among);
  auto how = whose.among->leases.take(x.what, now());
  if (!how)
    return std::nullopt;
  if (!how->exceeded)
    spend_here(whose, x.what);
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

/// But of what was told already. Of a window that is empty nothing is told:
/// what was known of it holds.
void peer_counter::add_past_of(account& whose, const charges& what,
                               const slot_set& told, quota_question& to) {
  for (std::size_t i = 0; i < what.size(); ++i) {
    auto& one = what.all()[i];
    auto spent = whose.windows[one.slot].spent(one.of, now());
    if (!spent.empty() && !told[one.slot])
      add_past(to, i, spent, now());
  }
}

/// It is spent here while it is asked for, so that whatever is told meanwhile
/// includes it, and comes back where it was not granted.
void peer_counter::put(const limit_question& x, account& whose,
                       const cluster_keeper& keeper) {
  auto since = now(); // before it is spent: so it is found again
  auto out = about<quota_question>(x.who, x.what);
  out.known = x.known;
  out.units = whose.among->leases.wanted(x.what, now());
  add_past_of(whose, x.what, whose.among->told, out);
  // From here on: what is asked next must not tell it again.
  whose.among->told |= slots_of(x.what);
  spend_here(whose, x.what);
  asking it{x, keeper, since, whose.among->forgettings, out.units};
  // This object may be gone by then, and with it all that waits here.
  auto weak = weak_from_this();
  self_
    ->request(peers_.line(), quota_patience,
              quota_errand{peers_.name_of(keeper.node), std::move(out)})
    .then(
      [weak, it](const quota_answer& said) {
        if (auto self = weak.lock())
          self->on_answer(it, said);
      },
      [weak, it](const caf::error&) {
        if (auto self = weak.lock())
          self->on_silence(it);
      });
}

void peer_counter::on_answer(const asking& it, const quota_answer& said) {
  auto& x = it.what;
  doubts_.erase(it.keeper.node);
  auto how = standing_in(said, it.units);
  auto& whose = account_of(x.who, x.known);
  if (!how || how->exceeded)
    unspend(whose, it);
  if (!how) {
    decide_alone(x);
    return;
  }
  by_peer_.add();
  // What was forgotten since is void, and so is what comes of it.
  auto current = whose.among->forgettings == it.forgettings;
  if (current)
    keep(it, whose, *how, said.units);
  if (current && !how->exceeded)
    how->remaining = std::min(how->limit, how->remaining + said.units - 1);
  how->spent_at = it.since.time_since_epoch().count();
  tell(x, *how);
}

void peer_counter::on_silence(const asking& it) {
  doubts_[it.keeper.node] = {now(), now() + doubt};
  unspend(account_of(it.what.who, it.what.known), it);
  decide_alone(it.what);
}

std::shared_ptr<limit_counts> peer_counts(limiter_ptr self) {
  return std::make_shared<peer_counter>(self);
}

} // namespace caisson
