#include "actors/cluster/flight_errands.hpp"

#include "tests/actors/cluster/stage.hpp"

using namespace caisson;
using namespace caisson::testing;

namespace {

/// This node's cache, as the cluster actor sees it.
struct cache_end {
  std::vector<flight_claim> claims;
  std::vector<flight_release> releases;
  std::vector<flight_follow> follows;
  std::vector<flight_leave> leaves;
  std::vector<flight_news> news;
  std::vector<std::string> gone;

  flight_desk_actor start(stage& s) {
    auto behave
      = [this](flight_desk_actor::pointer) -> flight_desk_actor::behavior_type {
      return {
        [this](const flight_claim& x) {
          claims.push_back(x);
          return flight_grant{flight_version, "t@self"};
        },
        [this](const flight_release& x) { releases.push_back(x); },
        [this](const flight_follow& x) { follows.push_back(x); },
        [this](const flight_leave& x) { leaves.push_back(x); },
        [this](const flight_news& x) { news.push_back(x); },
        [this](const speaker_gone& x) { gone.push_back(x.node); },
      };
    };
    s.desk = s.w.system().spawn(behave);
    return s.desk;
  }
};

struct joined {
  stage s;
  cache_end cache;
  peer b;

  joined() {
    cache.start(s);
    b = s.join("b");
    s.beat(b, "b");
  }
  ~joined() {
    s.w.kill(s.desk);
    s.desk = flight_desk_actor{};
  }

  template <class Word>
  static Word about(std::string name) {
    Word x;
    x.name = std::move(name);
    x.key = "k";
    x.token = "t@b";
    return x;
  }
};

/// What is answered to a claim of this node.
std::string asked(joined& it, const std::string& of) {
  caf::scoped_actor me{it.s.w.system()};
  auto said
    = me->request(it.s.actor, caf::infinite,
                  flight_errand{of, joined::about<flight_claim>("self")});
  it.s.w.run();
  it.s.w.advance(millis{100});
  std::string out = "nothing";
  said.receive([&](const flight_grant& x) { out = x.holder; },
               [](const caf::error&) {});
  return out;
}

} // namespace

TEST_CASE("a claim goes to the node that keeps the key, and its word comes "
          "back") {
  joined it;
  CHECK(asked(it, "b") == "t@b");
  REQUIRE(it.b.heard->claims.size() == 1);
  CHECK(it.b.heard->claims.front().key == "k");
}

TEST_CASE("who is not linked knows nothing, and who is silent is not waited "
          "for") {
  joined it;
  CHECK(asked(it, "c").empty());
  it.b.heard->mute = true;
  CHECK(asked(it, "b") == "nothing");
}

TEST_CASE("words go to that node alone, and are lost where it is not linked") {
  joined it;
  auto post = [&](std::string to, auto what) {
    it.s.send(flight_post{std::move(to), {std::move(what)}});
  };
  for (std::string to : {"b", "c"}) {
    post(to, joined::about<flight_release>("self"));
    post(to, joined::about<flight_leave>("self"));
    post(to, joined::about<flight_news>("self"));
  }
  post("b", joined::about<flight_follow>("self"));
  CHECK(it.b.heard->releases.size() == 1);
  CHECK(it.b.heard->leaves.size() == 1);
  CHECK(it.b.heard->news.size() == 1);
  CHECK(it.b.heard->follows.size() == 1);
  CHECK(it.cache.news.empty());
}

TEST_CASE("who follows a node that is not linked hears that nothing is fetched "
          "there") {
  joined it;
  it.s.send(flight_post{"c", {joined::about<flight_follow>("self")}});
  REQUIRE(it.cache.news.size() == 1);
  auto& said = it.cache.news.front();
  CHECK(said.name == "c");
  CHECK(said.key == "k");
  CHECK(said.token == "t@b");
  CHECK(said.what == static_cast<std::uint8_t>(flight_step::unknown));
}

TEST_CASE("what a peer says goes to the cache, what others say does not") {
  joined it;
  auto say = [&](std::string name) {
    it.s.say(it.b, joined::about<flight_claim>(name));
    it.s.say(it.b, joined::about<flight_release>(name));
    it.s.say(it.b, joined::about<flight_follow>(name));
    it.s.say(it.b, joined::about<flight_leave>(name));
    it.s.say(it.b, joined::about<flight_news>(name));
  };
  say("x");
  CHECK(it.cache.claims.empty());
  CHECK(it.cache.news.empty());
  CHECK(it.s.w.count(families::cluster_messages, {"stranger"}) == 5);
  say("b");
  CHECK(it.cache.claims.size() == 1);
  CHECK(it.cache.releases.size() == 1);
  CHECK(it.cache.follows.size() == 1);
  CHECK(it.cache.leaves.size() == 1);
  CHECK(it.cache.news.size() == 1);
  CHECK(it.s.w.count(families::cluster_messages, {"flight"}) == 5);
}

TEST_CASE(
  "the cache hears when a node is not heard any more: its link ends, it "
  "leaves, it dies, or the actor that heard it does") {
  joined it;
  it.s.send(peer_unlinked{"b", 1});
  CHECK(it.cache.gone == std::vector<std::string>{"b"});
  it.b = it.s.join("b", 2);
  it.s.beat(it.b, "b");
  it.s.say(it.b, cluster_farewell{cluster_version, "b", 5});
  CHECK(it.cache.gone.size() == 2);
  it.b = it.s.join("b", 3);
  it.s.beat(it.b, "b", 6);
  it.s.w.advance(millis{4'500});
  CHECK(it.cache.gone.size() == 3);
  it.s.w.kill(it.s.actor);
  it.s.actor = start_cluster(it.s.plan, it.s.place);
  it.s.w.run();
  CHECK(std::count(it.cache.gone.begin(), it.cache.gone.end(), "b") == 4);
}
