// What links ask and tell: who may be linked, and what becomes of it.
#include "server/cluster/link.hpp"

#include <algorithm>

#include <boost/asio/post.hpp>
#include <caf/send.hpp>

#include "actors/telemetry/families.hpp"

namespace caisson::peering {

namespace asio = boost::asio;
using protocol::welcome;
using std::chrono::steady_clock;

protocol::greeting link::own_words() const {
  return {plan_.name, life_, address_, seam_.id()};
}

/// The one node of the cluster that a certificate is of. One for several would
/// let its owner choose whom to be.
std::string link::certified_name(const peer_link& who) const {
  std::string out;
  auto& allowed = plan_.settings.nodes;
  for (auto& name : who.names()) {
    if (std::find(allowed.begin(), allowed.end(), name) == allowed.end())
      continue;
    if (!out.empty() && out != name)
      return {};
    out = name;
  }
  return out;
}

bool link::is_who_it_says(const peer_link& who) const {
  return who.peer().name == certified_name(who) && seam_.node_of(who.peer().id);
}

bool link::may_greet(peer_link& who) {
  auto name = certified_name(who);
  if (name.empty()) {
    complain(severity::warning, "the node at " + dialled_[who.number()]
                                  + " has a certificate of no node of "
                                    "cluster.nodes");
    return false;
  }
  reached_[dialled_[who.number()]] = name;
  return table_.calling(name, who.number());
}

welcome link::judge(peer_link& who) {
  auto& peer = who.peer();
  if (!is_who_it_says(who)) {
    complain(severity::warning, "a node that calls itself " + peer.name
                                  + " has a certificate of another, or is "
                                    "not of cluster.nodes");
    return welcome::foreign;
  }
  if (!door_)
    return welcome::linked; // nobody to speak to: it will call again
  auto [answer, replaced]
    = table_.judge(peer, who.number(), steady_clock::now());
  if (answer == welcome::taken || answer == welcome::twin)
    complain(severity::warning, "another node " + peer.name + " is refused: "
                                  + std::string{name_of(answer)});
  if (auto old = replaced ? find(*replaced) : nullptr)
    old->end(link_end::replaced);
  return answer;
}

welcome link::answered(peer_link& who) {
  auto& peer = who.peer();
  if (peer.answer != welcome::yes) {
    if (peer.answer != welcome::linked && peer.answer != welcome::self)
      complain(severity::error, "node " + peer.name
                                  + " does not let this node in: "
                                  + std::string{name_of(peer.answer)});
    return peer.answer;
  }
  if (!is_who_it_says(who))
    return welcome::foreign;
  if (!door_)
    return welcome::linked;
  return table_.answered(peer, who.number(), steady_clock::now());
}

protocol::gate_rules link::hand_over(peer_link& who, int descriptor) {
  auto& peer = who.peer();
  complained_.clear();
  plan_.metrics
    ->counter(families::cluster_links, {who.called() ? "call" : "peer"})
    .add();
  if (who.called()) {
    seam_.greet(descriptor, [weak = weak_from_this(), number = who.number()](
                              const caf::strong_actor_ptr& whom) {
      if (auto self = weak.lock())
        asio::post(self->context_, [here = self.get(), number, whom] {
          here->told(number, whom);
        });
    });
  } else {
    // Before a word of the peer can come.
    tell_linked(who, nullptr);
    seam_.serve(descriptor, caf::actor_cast<caf::strong_actor_ptr>(door_));
  }
  return {who.called(), seam_.id(), peer.id,
          application,  door_.id(), cluster_words()};
}

void link::told(std::uint64_t number, const caf::strong_actor_ptr& whom) {
  auto one = find(number);
  if (!one)
    return; // it has ended meanwhile
  if (whom)
    tell_linked(*one, whom);
  else
    one->end(link_end::timeout);
}

void link::tell_linked(const peer_link& who,
                       const caf::strong_actor_ptr& whom) {
  auto& peer = who.peer();
  auto node = seam_.node_of(peer.id);
  caf::anon_send(door_, peer_linked{peer.name, peer.incarnation, peer.address,
                                    node ? to_string(*node) : std::string{},
                                    who.number(), whom});
}

void link::heard(peer_link& who) {
  table_.heard(who.peer().name, who.number(), steady_clock::now());
}

void link::passed(std::uint64_t dropped) {
  if (dropped > 0)
    plan_.metrics->counter(families::cluster_frames_dropped, {}).add(dropped);
}

void link::ended(peer_link& who, link_end why) {
  count(why);
  auto name = who.peer().name.empty() ? certified_name(who) : who.peer().name;
  table_.ended(name, who.number());
  if (who.linked() && door_)
    caf::anon_send(door_, peer_unlinked{name, who.number()});
  if (why == link_end::frame)
    complain(severity::error, "node " + name
                                + " has written what no node writes: the "
                                  "link with it is ended");
  auto called = dialled_.find(who.number());
  if (called != dialled_.end()) {
    calling_.erase(called->second);
    dialled_.erase(called);
  }
  links_.erase(who.number());
  count_ = links_.size();
}

} // namespace caisson::peering
