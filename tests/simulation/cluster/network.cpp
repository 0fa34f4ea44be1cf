// Links: how they come to be, what they carry, how they end.
#include "tests/simulation/cluster/network.hpp"

#include <caf/event_based_actor.hpp>
#include <caf/send.hpp>

namespace caisson::simulation {

/// What a question is answered with.
template <class Question>
struct answer_to {
  using type = quota_answer;
};
template <>
struct answer_to<flight_claim> {
  using type = flight_grant;
};
template <class Question>
using answer_to_t = typename answer_to<Question>::type;

/// A question on its way, at the proxy that puts it: answered by `back`.
template <class Question>
struct carried {
  Question what;
  std::function<void(const answer_to_t<Question>&)> back;
};

/// An answer that has come, at the proxy that was asked.
template <class Answer>
struct arrived {
  caf::typed_response_promise<Answer> whom;
  Answer what;
};

} // namespace caisson::simulation

CAF_ALLOW_UNSAFE_MESSAGE_TYPE(
  caisson::simulation::carried<caisson::quota_question>)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(
  caisson::simulation::carried<caisson::quota_change>)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(
  caisson::simulation::carried<caisson::flight_claim>)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(
  caisson::simulation::arrived<caisson::quota_answer>)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(
  caisson::simulation::arrived<caisson::flight_grant>)

namespace caisson::simulation {

/// What another node is at this one: takes what is said to it, and speaks for
/// it.
caf::actor fleet::proxy(std::size_t of, std::size_t at) {
  auto behave = [this, of, at](caf::event_based_actor* self) -> caf::behavior {
    self->set_default_handler(caf::drop);
    // Heard there as from the proxy of this node.
    auto say = [this, of, at](const auto& x) {
      carry(at, of, [this, of, at, x] {
        caf::send_as(nodes_[of].proxies.at(at), nodes_[of].cluster, x);
      });
    };
    auto ask = [this, of, at, self]<class Question>(const Question& x) {
      using answer = answer_to_t<Question>;
      auto reply = self->make_response_promise<answer>();
      auto back = [this, of, at, reply](const answer& said) {
        carry(of, at, [this, of, at, reply, said] {
          caf::anon_send(nodes_[at].proxies.at(of),
                         arrived<answer>{reply, said});
        });
      };
      carry(at, of, [this, of, at, x, back] {
        caf::anon_send(nodes_[of].proxies.at(at), carried<Question>{x, back});
      });
      return reply;
    };
    auto put = [this, at, self]<class Question>(const carried<Question>& x) {
      self->request(nodes_[at].cluster, caf::infinite, x.what)
        .then(
          [back = x.back](const answer_to_t<Question>& said) { back(said); },
          [](const caf::error&) {});
    };
    return {
      [say](const cluster_beat& x) { say(x); },
      [say](const cluster_farewell& x) { say(x); },
      [say](const cluster_word& x) { say(x); },
      [say](const cluster_order& x) { say(x); },
      [say](const quota_recall& x) { say(x); },
      [ask](const quota_question& x) { return ask(x); },
      [ask](const quota_change& x) { return ask(x); },
      [say](const flight_release& x) { say(x); },
      [say](const flight_follow& x) { say(x); },
      [say](const flight_leave& x) { say(x); },
      [say](const flight_news& x) { say(x); },
      [ask](const flight_claim& x) { return ask(x); },
      [](arrived<quota_answer>& x) { x.whom.deliver(x.what); },
      [](arrived<flight_grant>& x) { x.whom.deliver(x.what); },
      [put](const carried<quota_question>& x) { put(x); },
      [put](const carried<quota_change>& x) { put(x); },
      [put](const carried<flight_claim>& x) { put(x); },
    };
  };
  auto made = system_->spawn(behave);
  belongs(caf::actor_cast<caf::strong_actor_ptr>(made).get(), at);
  return made;
}

std::shared_ptr<fleet::link> fleet::link_between(std::size_t from,
                                                 std::size_t to) {
  for (auto& x : links_)
    if (x->is_of(from) && x->is_of(to) && x->end[from])
      return x;
  return nullptr;
}

void fleet::dial(std::size_t from, const std::string& address) {
  auto to = static_cast<std::size_t>(address[0] - 'a');
  auto& port_of = static_cast<port&>(*nodes_[from].port);
  if (to == from || link_between(from, to)
      || !port_of.calling.insert(to).second)
    return;
  auto life = nodes_[from].port;
  later(chance_.span(1, 5), [this, from, to, life] {
    static_cast<port&>(*life).calling.erase(to);
    if (nodes_[from].port == life && runs(from))
      connect(from, to);
  });
}

void fleet::connect(std::size_t from, std::size_t to) {
  if (!runs(to) || !nodes_[to].open || !connected(from, to)
      || link_between(from, to) || link_between(to, from))
    return;
  auto made = std::make_shared<link>();
  made->number = ++numbers_;
  made->from = from;
  made->to = to;
  made->end[from] = made->end[to] = true;
  links_.push_back(made);
  log_.note(now(), 200 + from * most_nodes + to, [&] {
    return nodes_[from].name + " is linked with " + nodes_[to].name;
  });
  tell_linked(from, to, made->number, true);
  tell_linked(to, from, made->number, false);
}

void fleet::tell_linked(std::size_t at, std::size_t other, std::uint64_t number,
                        bool called) {
  auto& it = nodes_[at];
  auto& peer = nodes_[other];
  peer_linked told{
    peer.name,
    static_cast<port&>(*peer.port).life(),
    peer.port->address(),
    to_string(system_->node()),
    number,
    called ? caf::actor_cast<caf::strong_actor_ptr>(it.proxies.at(other))
           : nullptr};
  caf::anon_send(it.cluster, std::move(told));
}

/// This end is given up; the other hears of it, if it can.
void fleet::drop(std::size_t at, std::size_t other) {
  for (auto& one : std::vector{links_})
    if (one->is_of(at) && one->is_of(other) && one->end[at]) {
      lose_end(one, at);
      if (one->end[other] && connected(at, other) && nodes_[other].up)
        later(millis{1}, [this, one, other] { lose_end(one, other); });
    }
}

void fleet::lose_end(const std::shared_ptr<link>& which, std::size_t at) {
  if (!which->end[at])
    return;
  which->end[at] = false;
  for (auto& way : which->way)
    way.clear();
  auto& it = nodes_[at];
  if (it.up)
    caf::anon_send(it.cluster,
                   peer_unlinked{nodes_[which->other(at)].name, which->number});
  if (!which->end[which->other(at)])
    std::erase(links_, which);
}

void fleet::cut(std::size_t from, std::size_t to, bool really) {
  cut_[from][to] = really;
  log_.note(now(), 300 + from * most_nodes + to + (really ? 50 : 0), [&] {
    return nodes_[from].name + (really ? " can not reach " : " can reach ")
           + nodes_[to].name;
  });
}

void fleet::heal() {
  for (auto& row : cut_)
    std::fill(std::begin(row), std::end(row), false);
  log_.note(now(), 399, [] { return std::string{"the network is whole"}; });
  mend();
}

/// What was held comes through; ends whose other is gone are told.
void fleet::mend() {
  for (auto& one : std::vector{links_})
    for (auto at : {one->from, one->to}) {
      if (one->end[at] && !one->end[one->other(at)]
          && connected(at, one->other(at)))
        later(millis{1}, [this, one, at] { lose_end(one, at); });
      pump(one, at);
    }
}

void fleet::carry(std::size_t from, std::size_t to, delivery what) {
  auto which = link_between(from, to);
  if (!which)
    return;
  auto us = chance_.between(
    100, static_cast<std::uint32_t>(longest_way_.count() * 1'000));
  auto when = std::max<time_point>(now() + std::chrono::microseconds{us},
                                   which->last[to]);
  which->last[to] = when;
  which->way[to].emplace_back(when, std::move(what));
  agenda_.emplace(when, [this, which, to] { pump(which, to); });
}

void fleet::pump(const std::shared_ptr<link>& which, std::size_t to) {
  auto& way = which->way[to];
  while (!way.empty() && way.front().first <= now() && which->end[to]
         && !cut_[which->other(to)][to] && nodes_[to].up) {
    auto what = std::move(way.front().second);
    way.pop_front();
    what();
  }
}

} // namespace caisson::simulation
