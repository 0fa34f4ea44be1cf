#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <caf/send.hpp>

#include "actors/cache/cache.hpp"
#include "actors/limits/limiter.hpp"
#include "tests/actors/cluster/stage.hpp"

namespace caisson::testing {

/// What a client hears; `lost` where the question was dropped.
struct heard_standing {
  std::optional<standing> how;
  bool lost = false;
  duration after{}; ///< from the question to its answer
};

/// Several nodes of a cluster in one world: the real cluster actors, limiters
/// and caches, with a wire between each two that can be cut. What is cut loses
/// all that is said, and says nothing of it.
class circle {
public:
  struct node {
    std::string name;
    std::shared_ptr<fake_port> port = std::make_shared<fake_port>();
    std::shared_ptr<cluster_memory> memory;
    std::shared_ptr<limiter_shard> shard = std::make_shared<limiter_shard>(100);
    cluster_actor cluster;
    limiter_actor limiter;
    std::shared_ptr<cache_shards> caches
      = std::make_shared<cache_shards>(cache_settings{}, 1);
    cache_actor cache;
  };

  explicit circle(std::vector<std::string> names = {"a", "b", "c"}) {
    for (auto& name : names)
      open(name, names);
    for (auto& one : names)
      for (auto& other : names)
        if (one != other)
          lay_wire(one, other);
    for (auto& one : names)
      for (auto& other : names)
        if (one != other)
          link(one, other);
    w.advance(millis{2'000});
  }

  ~circle() {
    for (auto& [ends, wire] : wires_)
      w.kill(wire);
    for (auto& [name, it] : nodes_)
      close(it);
  }

  node& at(const std::string& name) { return nodes_.at(name); }

  // -- clients ----------------------------------------------------------------

  std::shared_ptr<heard_standing>
  put(const std::string& node, const limit_key& who, const charges& what) {
    auto to = std::make_shared<heard_standing>();
    caf::anon_send(
      at(node).limiter,
      limit_question{who, true, what, std::make_shared<listener>(to, w)});
    return to;
  }

  /// Whether it passes, with all the time that it takes.
  bool passes(const std::string& node, const limit_key& who,
              const charges& what) {
    auto heard = put(node, who, what);
    w.run();
    for (int i = 0; i < 6 && !heard->how; ++i)
      w.advance(millis{10});
    last = *heard;
    return heard->how && !heard->how->exceeded;
  }

  /// A client whose windows that node keeps, as all see it.
  limit_key kept_by(const std::string& name, std::uint64_t from = 1) {
    cluster_keepers seen{circle_of(at(name))};
    for (auto i = from;; ++i)
      if (auto it = seen.keeper_of(i, w.now());
          it && seen.name_of(it->node) == name)
        return {i, i};
  }

  /// Decisions of all nodes, by who made them.
  double decisions(const std::string& by) {
    return w.count(families::limiter_decisions, {by});
  }

  /// As by a reload: `limits.store`.
  void keep_together(const std::string& name, bool really) {
    limits_changed x;
    x.book = std::make_shared<const limit_book>(limit_settings{});
    x.most_strangers = 100;
    x.together = really;
    caf::anon_send(at(name).limiter, x);
    w.run();
  }

  // -- faults -----------------------------------------------------------------

  /// Nothing comes through between that node and the others.
  void cut(const std::string& name, bool really = true) {
    for (auto& [ends, it] : state_)
      if (ends.first == name || ends.second == name)
        it->cut = really;
  }

  /// Its answers come so much later.
  void delay(const std::string& name, millis late) {
    for (auto& [ends, it] : state_)
      if (ends.second == name)
        it->late = late;
  }

  /// What is said to it waits, in its order, until it is let go.
  void hold(const std::string& name) {
    for (auto& [ends, it] : state_)
      if (ends.second == name)
        it->held.emplace();
  }
  void let_go(const std::string& name) {
    for (auto& [ends, it] : state_)
      if (ends.second == name && it->held) {
        auto held = std::move(*it->held);
        it->held.reset();
        for (auto& say : held)
          say();
      }
    w.run();
  }

  /// Links of that node end, both know it, and no other is made.
  void unlink(const std::string& name) {
    for (auto& [ends, number] : linked_)
      if (ends.first == name || ends.second == name)
        caf::anon_send(at(ends.first).cluster,
                       peer_unlinked{ends.second, number});
    w.run();
  }

  /// The others find out that it is gone; it finds out that they are.
  void wait_for_death() { w.advance(millis{4'500}); }

  void heal(const std::string& name) {
    cut(name, false);
    for (auto& [other, it] : nodes_)
      if (other != name) {
        link(name, other);
        link(other, name);
      }
    w.advance(millis{4'000});
  }

  /// Another process of that name: it knows nothing.
  void restart(const std::string& name) {
    auto& it = at(name);
    close(it);
    wires_gone(name);
    auto names = names_;
    nodes_.erase(name);
    ++life_;
    open(name, names);
    for (auto& other : names)
      if (other != name) {
        lay_wire(name, other);
        lay_wire(other, name);
      }
    heal(name);
  }

  world w{{dependency_named("x")}};
  heard_standing last; ///< of `passes`

  /// The cluster as that node's actors are told of it.
  cluster_circle circle_of(node& of) {
    return {of.name, names_,
            [memory = of.memory] { return memory->shown.now(); },
            [&of] { return of.cluster; }};
  }

  /// As the tree does after a crash.
  void start_cache_of(node& it) {
    it.cache = start_cache(
      {w.home(), it.caches, 0, ++life_, circle_of(it)}, placement{},
      std::make_shared<actor_record>("cache-" + it.name, 97, 0));
    it.caches->moved_in(0, it.cache);
  }

private:
  class listener final : public limit_reply {
  public:
    listener(std::shared_ptr<heard_standing> to, world& w)
      : to_(std::move(to)), w_(w), since_(w.now()) {}
    ~listener() override { to_->lost = !to_->how; }
    void decided(const standing& how) override {
      to_->how = how;
      to_->after = w_.now() - since_;
    }

  private:
    std::shared_ptr<heard_standing> to_;
    world& w_;
    time_point since_;
  };

  using ends = std::pair<std::string, std::string>; ///< from, to

  struct wire_state {
    bool cut = false;
    std::optional<std::vector<std::function<void()>>> held;
    millis late{0}; ///< what is answered from there
    cluster_actor to;
    peer_actor back; ///< as whom it speaks to there
  };

  void open(const std::string& name, const std::vector<std::string>& names) {
    names_ = names;
    auto& it = nodes_[name];
    it.name = name;
    cluster_settings settings;
    settings.nodes = names;
    it.memory = std::make_shared<cluster_memory>(
      membership{name, life_, settings.dead_after, names},
      [this] { return ++life_; });
    cluster_plan plan{
      w.home(),
      settings,
      it.port,
      it.memory,
      [this] { return ++life_; },
      [] { return std::vector<compartment_ptr>{}; },
      [](const cluster_order&) {},
      [] {},
      [&it](auto, auto) {
        return caf::actor_cast<quota_keeper_actor>(it.limiter);
      },
      [&it](auto) { return caf::actor_cast<flight_desk_actor>(it.cache); },
      [&it] {
        return std::vector{caf::actor_cast<flight_desk_actor>(it.cache)};
      }};
    it.cluster = start_cluster(
      plan, std::make_shared<actor_record>("cluster-" + name, 99, 0));
    limiter_plan limiter;
    limiter.home = w.home();
    limiter.shard = it.shard;
    limiter.limits.book = std::make_shared<const limit_book>(limit_settings{});
    limiter.limits.most_strangers = 100;
    limiter.limits.together = true;
    limiter.circle = circle_of(it);
    it.limiter
      = start_limiter(limiter, placement{},
                      std::make_shared<actor_record>("limiter-" + name, 98, 0));
    start_cache_of(it);
    w.run();
  }

  void close(node& it) {
    w.kill(it.cluster);
    w.kill(it.limiter);
    w.kill(it.cache);
    it.cache = cache_actor{};
    it.port->exposed = cluster_actor{};
    it.cluster = cluster_actor{};
    it.limiter = limiter_actor{};
  }

  void wires_gone(const std::string& name) {
    std::erase_if(wires_, [&](auto& x) {
      auto ends = x.first.first == name || x.first.second == name;
      if (ends)
        w.kill(x.second);
      return ends;
    });
  }

  void lay_wire(const std::string& from, const std::string& to) {
    auto& state = state_[{from, to}];
    state = std::make_shared<wire_state>();
    state->to = at(to).cluster;
    auto behave
      = [this, state](peer_actor::pointer self) -> peer_actor::behavior_type {
      auto say = [state](const auto& x) {
        auto pass = [state, x] {
          if (!state->cut)
            caf::send_as(state->back, state->to, x);
        };
        if (state->held)
          state->held->push_back(pass);
        else
          pass();
      };
      auto asked = [this, self, state]<class Answer>(Answer, const auto& x) {
        auto reply = self->make_response_promise<Answer>();
        if (!state->cut)
          self->request(state->to, caf::infinite, x)
            .then([=, this](const Answer& said) mutable {
              w.later(state->late, [=]() mutable {
                if (!state->cut)
                  reply.deliver(said);
              });
            });
        return reply;
      };
      auto ask = [asked](const auto& x) { return asked(quota_answer{}, x); };
      return {
        [say](const cluster_beat& x) { say(x); },
        [say](const cluster_farewell& x) { say(x); },
        [say](const cluster_word& x) { say(x); },
        [say](const cluster_order& x) { say(x); },
        [](const cluster_question&) { return cluster_report{}; },
        [ask](const quota_question& x) { return ask(x); },
        [ask](const quota_change& x) { return ask(x); },
        [say](const quota_recall& x) { say(x); },
        [asked](const flight_claim& x) { return asked(flight_grant{}, x); },
        [say](const flight_release& x) { say(x); },
        [say](const flight_follow& x) { say(x); },
        [say](const flight_leave& x) { say(x); },
        [say](const flight_news& x) { say(x); },
      };
    };
    wires_[{from, to}] = w.system().spawn(behave);
    for (auto& [ends, one] : state_)
      if (auto at = wires_.find({ends.second, ends.first}); at != wires_.end())
        one->back = at->second;
  }

  /// As the link of `from` tells it.
  void link(const std::string& from, const std::string& to) {
    linked_[{from, to}] = links_ + 1;
    caf::anon_send(
      at(from).cluster,
      peer_linked{
        to, at(to).memory->members.incarnation(), to + ":1",
        to_string(w.system().node()), ++links_,
        caf::actor_cast<caf::strong_actor_ptr>(wires_.at({from, to}))});
    w.run();
  }

  std::vector<std::string> names_;
  std::map<std::string, node> nodes_;
  std::map<ends, peer_actor> wires_;
  std::map<ends, std::shared_ptr<wire_state>> state_;
  std::uint64_t life_ = 100;
  std::uint64_t links_ = 0;
  std::map<ends, std::uint64_t> linked_;
};

} // namespace caisson::testing
