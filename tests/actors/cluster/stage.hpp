#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <caf/scoped_actor.hpp>
#include <caf/send.hpp>

#include "actors/cluster/cluster.hpp"
#include "tests/support/world.hpp"

namespace caisson::testing {

struct fake_port final : cluster_port {
  void expose(const cluster_actor& whom) override {
    exposed = whom;
    ++exposures;
  }
  void dial(const std::string& address) override { ++dialled[address]; }
  void drop(const std::string& name) override { dropped.push_back(name); }
  void close() override { closed = true; }
  void live_as(std::uint64_t incarnation) override { life = incarnation; }
  std::string address() const override { return "self:1"; }
  std::string report(report_kind of) override {
    return of == report_kind::metrics ? "numbers" : text;
  }

  cluster_actor exposed;
  int exposures = 0;
  std::map<std::string, int> dialled;
  std::vector<std::string> dropped;
  bool closed = false;
  std::uint64_t life = 0;
  std::string text = "a tree";
};

/// What a peer has heard.
struct heard_words {
  std::vector<cluster_beat> beats;
  std::vector<cluster_word> words;
  std::vector<cluster_order> orders;
  std::vector<quota_question> quotas;
  std::vector<quota_change> changes;
  std::vector<quota_recall> recalls;
  std::vector<flight_claim> claims;
  std::vector<flight_release> releases;
  std::vector<flight_follow> follows;
  std::vector<flight_leave> leaves;
  std::vector<flight_news> news;
  quota_answer answer; ///< to each of the questions about limits
  int farewells = 0;
  int questions = 0;
  bool mute = false; ///< it answers no question
};

/// A node's actor, and what it was told.
struct peer {
  peer_actor actor;
  std::shared_ptr<heard_words> heard = std::make_shared<heard_words>();
};

/// The cluster actor under CAF's test scheduler, with peers that are scripted:
/// where peers are known by their node, all are this one's.
struct stage {
  explicit stage(std::vector<dependency_settings> dependencies = {})
    : w(std::move(dependencies)) {
    cluster_settings settings;
    settings.seeds = {"seed:1"};
    memory = std::make_shared<cluster_memory>(
      membership{"self", 100, settings.dead_after, {"self", "a", "b"}},
      [this] { return wall; });
    plan
      = {w.home(),
         settings,
         port,
         memory,
         [] { return std::uint64_t{7}; },
         [this] { return w.tree().dependencies(); },
         [this](const cluster_order& x) { obeyed.push_back(x); },
         [this] { ++forgot_all; },
         [this](std::uint64_t, std::uint64_t) { return keeper; },
         [this](std::string_view) { return desk; },
         [this] {
           return desk ? std::vector{desk} : std::vector<flight_desk_actor>{};
         }};
    actor = start_cluster(plan, place);
    w.run();
  }
  ~stage() {
    w.kill(actor);
    port->exposed = cluster_actor{};
    for (auto& x : peers)
      w.kill(x);
  }

  peer join(const std::string& name, std::uint64_t link = 1,
            bool called = true) {
    peer made;
    auto heard = made.heard;
    auto behave
      = [heard](peer_actor::pointer self) -> peer_actor::behavior_type {
      self->set_default_handler(caf::drop); // answers to nobody's questions
      return {
        [heard](const cluster_beat& x) { heard->beats.push_back(x); },
        [heard](const cluster_farewell&) { ++heard->farewells; },
        [heard](const cluster_word& x) { heard->words.push_back(x); },
        [heard](const cluster_order& x) { heard->orders.push_back(x); },
        [heard](const cluster_question&) -> caf::result<cluster_report> {
          ++heard->questions;
          if (heard->mute)
            return caf::delegated<cluster_report>{};
          return cluster_report{cluster_version, "said"};
        },
        [heard](const quota_question& x) -> caf::result<quota_answer> {
          heard->quotas.push_back(x);
          if (heard->mute)
            return caf::delegated<quota_answer>{};
          return heard->answer;
        },
        [heard](const quota_change& x) {
          heard->changes.push_back(x);
          return heard->answer;
        },
        [heard](const quota_recall& x) { heard->recalls.push_back(x); },
        [heard](const flight_claim& x) -> caf::result<flight_grant> {
          heard->claims.push_back(x);
          if (heard->mute)
            return caf::delegated<flight_grant>{};
          return flight_grant{flight_version, "t@b"};
        },
        [heard](const flight_release& x) { heard->releases.push_back(x); },
        [heard](const flight_follow& x) { heard->follows.push_back(x); },
        [heard](const flight_leave& x) { heard->leaves.push_back(x); },
        [heard](const flight_news& x) { heard->news.push_back(x); },
      };
    };
    made.actor = w.system().spawn(behave);
    peers.push_back(made.actor);
    send(peer_linked{name, 5, name + ":1", to_string(w.system().node()), link,
                     called ? caf::actor_cast<caf::strong_actor_ptr>(made.actor)
                            : nullptr});
    return made;
  }

  template <class Message>
  void send(Message what) {
    caf::anon_send(actor, std::move(what));
    w.run();
  }

  /// From a peer.
  template <class Message>
  void say(const peer& from, Message what) {
    // Untyped: nobody waits here for what is answered.
    caf::send_as(caf::actor_cast<caf::actor>(from.actor), actor,
                 std::move(what));
    w.run();
  }

  void beat(const peer& from, const std::string& name, std::uint64_t life = 5,
            std::vector<member_line> lines = {}, std::uint64_t forgets = 0) {
    say(from,
        cluster_beat{cluster_version, name, life, std::move(lines), forgets});
  }

  member_state sees(const std::string& name) {
    return memory->shown.now()->others.at(name).state;
  }

  world w;
  std::shared_ptr<fake_port> port = std::make_shared<fake_port>();
  std::shared_ptr<cluster_memory> memory;
  record_ptr place = std::make_shared<actor_record>("cluster", 99, 0);
  std::uint64_t wall = 1'000;
  quota_keeper_actor keeper; ///< of every client; none: nobody is asked
  flight_desk_actor desk;    ///< of every key; likewise
  std::vector<cluster_order> obeyed;
  int forgot_all = 0;
  cluster_plan plan;
  cluster_actor actor;
  std::vector<peer_actor> peers;
};

} // namespace caisson::testing
