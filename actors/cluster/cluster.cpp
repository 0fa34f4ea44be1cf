// Reason for length: all that the actor hears and says, message by message.
#include "actors/cluster/cluster.hpp"

#include <algorithm>
#include <limits>

#include "actors/cluster/flight_errands.hpp"
#include "actors/cluster/form.hpp"
#include "actors/cluster/quota_errands.hpp"
#include "actors/cluster/survey.hpp"
#include "actors/dependency/compartment.hpp"
#include "actors/telemetry/families.hpp"

namespace caisson {
namespace {

using self_ptr = cluster_ptr;

// What a member shows of itself is gathered in milliseconds; a frame of the
// link holds this much, with room for what is around it.
constexpr std::chrono::seconds report_patience{1};
constexpr std::size_t longest_report = 1'000'000;

membership& members_of(self_ptr self) {
  return self->state.plan.memory->members;
}

void note(self_ptr self, severity level, const std::string& what) {
  self->state.plan.home->log->note(level, "cluster", what);
}

void publish(self_ptr self) {
  auto& members = members_of(self);
  auto& plan = self->state.plan;
  plan.memory->shown.publish({members.self(), members.incarnation(),
                              plan.port->address(), members.others()});
}

cluster_beat beat_now(self_ptr self) {
  auto& members = members_of(self);
  cluster_beat out;
  out.name = members.self();
  out.incarnation = members.incarnation();
  out.forgets = self->state.forgets_told;
  for (auto& [name, it] : members.others()) {
    auto over
      = it.state == member_state::gone || it.state == member_state::left;
    out.members.push_back({name, it.address, it.incarnation, over});
  }
  return out;
}

template <class Message>
void tell_peers(self_ptr self, const Message& what) {
  for (auto& [name, peer] : self->state.peers)
    if (peer.whom)
      self->send(peer.whom, what);
}

void beat(self_ptr self) {
  tell_peers(self, beat_now(self));
}

// -- breakers -----------------------------------------------------------------

cluster_word word_of(self_ptr self, const breaker_told& x) {
  auto left = std::chrono::ceil<millis>(x.what.left).count();
  auto most = std::numeric_limits<std::uint32_t>::max();
  return {cluster_version,
          members_of(self).self(),
          x.service,
          x.what.open,
          x.what.episode,
          static_cast<std::uint32_t>(std::clamp<std::int64_t>(left, 0, most))};
}

/// All that stands, for who hears it for the first time.
void catch_up(self_ptr self, const peer_actor& whom) {
  auto now = self->clock().now();
  auto& memory = *self->state.plan.memory;
  for (auto& x : memory.news->standing(now))
    self->send(whom, word_of(self, x));
  for (auto& x : memory.orders.standing())
    self->send(whom, x);
}

template <class Message>
void tell_dependencies(self_ptr self, const Message& what) {
  if (auto& all = self->state.plan.dependencies)
    for (auto& where : all())
      if (auto whom = where->supervisor())
        self->send(whom, what);
}

/// Nobody hears that node any more, and nobody is heard there.
void tell_of_loss(self_ptr self, const std::string& name) {
  publish(self); // who asks then whom to ask is not told of that one
  tell_dependencies(self, speaker_gone{name});
  if (auto& all = self->state.plan.flight_desks)
    for (auto& whom : all())
      self->send(whom, speaker_gone{name});
}

/// What a node was told and may not have told all others before its end:
/// whoever knows it tells it on.
void tell_for(self_ptr self, const std::string& giver) {
  for (auto& x : self->state.plan.memory->orders.standing())
    if (x.giver == giver)
      tell_peers(self, x);
}

// -- links --------------------------------------------------------------------

void on_linked(self_ptr self, const peer_linked& x) {
  auto& s = self->state;
  auto& peer = s.peers[x.name];
  peer = {x.node, x.link,
          x.whom ? caf::actor_cast<peer_actor>(x.whom) : peer_actor{}};
  members_of(self).linked(x.name, x.address, x.incarnation,
                          self->clock().now());
  note(self, severity::info, "node " + x.name + " is linked");
  // Who was called learns with it whom to answer.
  if (peer.whom) {
    self->send(peer.whom, beat_now(self));
    catch_up(self, peer.whom);
  }
  publish(self);
}

void on_unlinked(self_ptr self, const peer_unlinked& x) {
  auto& peers = self->state.peers;
  auto at = peers.find(x.name);
  if (at == peers.end() || at->second.link != x.link)
    return; // of a link that another has replaced
  peers.erase(at);
  members_of(self).unlinked(x.name);
  tell_of_loss(self, x.name);
  tell_for(self, x.name);
  note(self, severity::warning, "the link with node " + x.name + " has ended");
  publish(self);
}

/// Its handle is good for nothing any more. That the link has ended is told
/// when it has.
void drop(self_ptr self, const std::string& name) {
  auto at = self->state.peers.find(name);
  if (at != self->state.peers.end())
    at->second.whom = peer_actor{};
  tell_of_loss(self, name);
  tell_for(self, name);
  self->state.plan.port->drop(name);
}

// -- what peers say -----------------------------------------------------------

/// What others hold of this node's last life is void, and it says so at once.
void be_reborn(self_ptr self) {
  auto& s = self->state;
  auto life = members_of(self).incarnation();
  s.plan.port->live_as(life);
  note(self, severity::warning,
       "this node was taken for dead and goes on as incarnation "
         + std::to_string(life));
  beat(self);
}

void on_beat(self_ptr self, const cluster_beat& x) {
  auto& s = self->state;
  auto* peer = speaker(self, x.version, x.name);
  if (!peer)
    return;
  s.beats.add();
  auto& members = members_of(self);
  auto now = self->clock().now();
  auto first = !peer->whom || peer->whom != self->current_sender();
  // Anew each time: CAF may have ended the proxy of an earlier link.
  peer->whom = caf::actor_cast<peer_actor>(self->current_sender());
  if (first)
    catch_up(self, peer->whom);
  members.heard(x.name, x.incarnation, now);
  if (!s.plan.memory->orders.heard_all(x.name, x.incarnation, x.forgets))
    s.plan.forget_all();
  auto dead = false;
  for (auto& line : x.members)
    if (line.name == members.self())
      dead = dead
             || (line.gone && members.buried(line.incarnation, s.plan.wall()));
    else if (well_formed(line.address, longest_address))
      members.named(line.name, line.address, now);
  if (dead)
    be_reborn(self);
  else if (first)
    self->send(peer->whom, beat_now(self));
  publish(self);
}

void on_farewell(self_ptr self, const cluster_farewell& x) {
  if (!speaker(self, x.version, x.name))
    return;
  self->state.farewells.add();
  members_of(self).parted(x.name, x.incarnation);
  note(self, severity::info, "node " + x.name + " leaves");
  drop(self, x.name);
  publish(self);
}

void on_word(self_ptr self, const cluster_word& x) {
  if (!speaker(self, x.version, x.name))
    return;
  self->state.words.add();
  tell_dependencies(
    self,
    breaker_rumour{x.service, x.name, {x.open, x.episode, millis{x.left_ms}}});
}

void on_order(self_ptr self, const cluster_order& x) {
  if (!speaker(self, x.version, x.name))
    return;
  auto& s = self->state;
  s.orders.add();
  if (s.plan.memory->orders.take(x))
    s.plan.obey(x);
}

void on_given(self_ptr self, const cluster_order& x) {
  if (x.kind == static_cast<std::uint8_t>(order_kind::forget))
    self->state.forgets_told = x.stamp;
  tell_peers(self, x);
}

cluster_report on_question(self_ptr self, const cluster_question& x) {
  self->state.questions.add();
  cluster_report out;
  auto known = x.kind == static_cast<std::uint8_t>(report_kind::telemetry)
               || x.kind == static_cast<std::uint8_t>(report_kind::metrics);
  if (x.version == cluster_version && known)
    out.text = self->state.plan.port->report(static_cast<report_kind>(x.kind));
  if (out.text.size() > longest_report)
    out.text.clear();
  return out;
}

// -- what this node does ------------------------------------------------------

void on_survey(self_ptr self, const cluster_survey& x) {
  auto gathers = std::make_shared<survey>(x);
  cluster_question what{cluster_version, static_cast<std::uint8_t>(x.kind)};
  for (auto& [name, peer] : self->state.peers) {
    if (!peer.whom)
      continue;
    self->request(peer.whom, report_patience, what)
      .then(
        [gathers, name = name](const cluster_report& said) {
          gathers->add(name, said.text);
        },
        [gathers, name = name](const caf::error&) { gathers->add(name, {}); });
  }
}

void on_leave(self_ptr self) {
  auto& s = self->state;
  s.leaving = true;
  auto& members = members_of(self);
  tell_peers(self, cluster_farewell{cluster_version, members.self(),
                                    members.incarnation()});
  s.plan.port->close();
}

void on_sweep(self_ptr self) {
  auto& s = self->state;
  auto now = self->clock().now();
  self->delayed_send(self, s.plan.settings.heartbeat / 4, sweep_atom::value);
  for (auto& name : members_of(self).sweep(now)) {
    note(self, severity::warning, "node " + name + " is taken for dead");
    drop(self, name);
  }
  for (auto& name : members_of(self).mute(now))
    drop(self, name);
  if (!s.leaving && now >= s.beat_at) {
    s.beat_at = now + s.plan.settings.heartbeat;
    beat(self);
    for (auto& address : members_of(self).to_call(s.plan.settings.seeds))
      s.plan.port->dial(address);
  }
  publish(self);
}

} // namespace

cluster_peer* speaker(cluster_ptr self, std::uint16_t version,
                      const std::string& name) {
  auto& peers = self->state.peers;
  auto at = peers.find(name);
  auto& from = self->current_sender();
  if (version != cluster_version || at == peers.end() || !from
      || to_string(from->node()) != at->second.node) {
    self->state.strangers.add();
    return nullptr;
  }
  return &at->second;
}

cluster_actor::behavior_type cluster(self_ptr self, cluster_plan plan) {
  auto& s = self->state;
  s.plan = std::move(plan);
  auto counter = [&](const char* kind) {
    return s.plan.home->metrics->counter(families::cluster_messages, {kind});
  };
  s.beats = counter("beat");
  s.farewells = counter("farewell");
  s.words = counter("breaker");
  s.orders = counter("order");
  s.questions = counter("question");
  s.quotas = counter("quota");
  s.flights = counter("flight");
  s.strangers = counter("stranger");
  // The links of an actor before this one end with it.
  auto others = members_of(self).others();
  for (auto& [name, it] : others) {
    members_of(self).unlinked(name);
    tell_of_loss(self, name);
  }
  s.plan.port->live_as(members_of(self).incarnation());
  s.plan.memory->news->follow(caf::actor_cast<cluster_actor>(self));
  s.plan.memory->orders.follow(caf::actor_cast<cluster_actor>(self));
  // What was given and not told goes with the actor before: it counts as told,
  // so that all note that they lack it.
  s.forgets_told = s.plan.memory->orders.given();
  s.plan.port->expose(caf::actor_cast<cluster_actor>(self));
  self->send(self, sweep_atom::value);
  return {
    [self](const cluster_beat& x) { on_beat(self, x); },
    [self](const cluster_farewell& x) { on_farewell(self, x); },
    [self](const cluster_word& x) { on_word(self, x); },
    [self](const cluster_order& x) { on_order(self, x); },
    [self](const cluster_question& x) { return on_question(self, x); },
    [self](const quota_question& x) { return on_quota(self, x); },
    [self](const quota_change& x) { return on_change(self, x); },
    [self](const quota_recall& x) { on_recall(self, x); },
    [self](const flight_claim& x) { return on_claim(self, x); },
    [self](const flight_release& x) { on_flight_word(self, x); },
    [self](const flight_follow& x) { on_flight_word(self, x); },
    [self](const flight_leave& x) { on_flight_word(self, x); },
    [self](const flight_news& x) { on_flight_word(self, x); },
    [self](const peer_linked& x) { on_linked(self, x); },
    [self](const peer_unlinked& x) { on_unlinked(self, x); },
    [self](const breaker_told& x) { tell_peers(self, word_of(self, x)); },
    [self](const order_given& x) { on_given(self, x.what); },
    [self](const cluster_survey& x) { on_survey(self, x); },
    [self](const quota_errand& x) { return on_errand(self, x); },
    [self](const quota_call& x) { on_call(self, x); },
    [self](const quota_notice& x) { return on_notice(self, x); },
    [self](const flight_errand& x) { return on_flight_errand(self, x); },
    [self](const flight_post& x) { on_flight_post(self, x); },
    [self](leave_atom) { on_leave(self); },
    [self](sweep_atom) { on_sweep(self); },
  };
}

cluster_actor start_cluster(const cluster_plan& plan, record_ptr place) {
  return launch<cluster_actor, cluster_state>(
    *plan.home->system, placement{}, std::move(place), plan.home->log,
    [=](auto* self) { return cluster(self, plan); });
}

} // namespace caisson
