#include "actors/cluster/cluster.hpp"

#include <set>

#include "actors/telemetry/families.hpp"
#include "tests/actors/cluster/stage.hpp"

using namespace caisson;
using namespace caisson::testing;
using namespace std::chrono_literals;

TEST_CASE("seeds are called every heartbeat until they are linked") {
  stage s;
  CHECK(s.port->dialled["seed:1"] == 1);
  s.w.advance(2'000ms);
  CHECK(s.port->dialled["seed:1"] == 3);
  s.send(peer_linked{"a", 5, "seed:1", "node", 1, nullptr});
  s.w.advance(2'000ms);
  CHECK(s.port->dialled["seed:1"] == 3);
}

TEST_CASE("a peer that was called hears at once, and every heartbeat") {
  stage s;
  auto a = s.join("a");
  REQUIRE(a.heard->beats.size() == 1);
  CHECK(a.heard->beats[0].name == "self");
  CHECK(a.heard->beats[0].incarnation == 100);
  s.w.advance(3'000ms);
  CHECK(a.heard->beats.size() == 4);
}

TEST_CASE("a peer that has called is answered when it is heard") {
  stage s;
  auto a = s.join("a", 1, false);
  s.w.advance(1'000ms);
  CHECK(a.heard->beats.empty());
  s.beat(a, "a");
  CHECK(a.heard->beats.size() == 1);
}

TEST_CASE("a silent node is gone within the limit, its link is ended and its "
          "handle is used no more") {
  stage s;
  auto a = s.join("a");
  auto b = s.join("b", 2);
  for (int i = 0; i < 3; ++i) {
    s.w.advance(1'000ms);
    s.beat(b, "b");
  }
  s.w.advance(250ms);
  CHECK(s.sees("a") == member_state::gone);
  CHECK(s.sees("b") == member_state::alive);
  CHECK(s.port->dropped == std::vector<std::string>{"a"});
  auto heard = a.heard->beats.size();
  s.w.advance(1'000ms);
  CHECK(a.heard->beats.size() == heard);
  CHECK(s.w.log.has("node a is taken for dead"));
}

TEST_CASE("a node that ends its link is suspected at first") {
  stage s;
  auto a = s.join("a");
  s.send(peer_unlinked{"a", 1});
  CHECK(s.sees("a") == member_state::suspect);
  s.w.advance(3'500ms);
  CHECK(s.sees("a") == member_state::gone);
}

TEST_CASE("the end of a link that was replaced changes nothing") {
  stage s;
  auto a = s.join("a", 1);
  auto again = s.join("a", 2);
  s.send(peer_unlinked{"a", 1});
  CHECK(s.sees("a") == member_state::alive);
}

TEST_CASE("who is gone comes back in a higher incarnation only") {
  stage s;
  auto a = s.join("a");
  s.w.advance(3'500ms);
  REQUIRE(s.sees("a") == member_state::gone);
  auto again = s.join("a", 2);
  s.beat(again, "a", 5);
  CHECK(s.sees("a") == member_state::gone);
  // It is told so, that it may be reborn.
  auto& lines = again.heard->beats.back().members;
  auto told = std::find_if(lines.begin(), lines.end(),
                           [](auto& x) { return x.name == "a"; });
  REQUIRE(told != lines.end());
  CHECK(told->gone);
  s.beat(again, "a", 6);
  CHECK(s.sees("a") == member_state::alive);
}

TEST_CASE("a link of somebody who stays dead is ended again") {
  stage s;
  auto a = s.join("a");
  s.w.advance(3'500ms);
  auto again = s.join("a", 2);
  s.port->dropped.clear();
  s.w.advance(3'500ms);
  CHECK(s.port->dropped == std::vector<std::string>{"a"});
}

TEST_CASE("a node that others have buried is reborn and says so at once") {
  stage s;
  auto a = s.join("a");
  a.heard->beats.clear();
  s.beat(a, "a", 5, {{"self", "self:1", 100, true}});
  CHECK(s.port->life == 101);
  REQUIRE(a.heard->beats.size() == 1);
  CHECK(a.heard->beats[0].incarnation == 101);
  s.beat(a, "a", 5, {{"self", "self:1", 100, true}});
  CHECK(s.port->life == 101);
}

TEST_CASE("nodes that a peer knows are called") {
  stage s;
  auto a = s.join("a");
  s.beat(a, "a", 5,
         {{"b", std::string(256, 'b'), 9, false}, {"b", "b \x80:1", 9, false}});
  CHECK(s.memory->members.others().count("b") == 0);
  s.beat(a, "a", 5, {{"b", "b:1", 9, false}, {"stranger", "s:1", 1, false}});
  s.w.advance(1'000ms);
  CHECK(s.port->dialled["b:1"] == 1);
  CHECK(s.port->dialled.count("s:1") == 0);
}

TEST_CASE("a peer is heard by its own name and version only") {
  stage s;
  auto a = s.join("a");
  s.beat(a, "b");
  cluster_beat other{cluster_version + 1, "a", 5, {}};
  s.say(a, other);
  s.send(cluster_beat{cluster_version, "a", 5, {}, 0}); // from nobody
  s.send(peer_linked{"b", 5, "b:1", "another node", 3, nullptr});
  s.beat(a, "b");
  CHECK(s.w.count(families::cluster_messages, {"stranger"}) == 4);
  CHECK(s.w.count(families::cluster_messages, {"beat"}) == 0);
}

TEST_CASE("a farewell ends a membership without waiting") {
  stage s;
  auto a = s.join("a");
  s.say(a, cluster_farewell{cluster_version, "a", 5});
  CHECK(s.sees("a") == member_state::left);
  CHECK(s.port->dropped == std::vector<std::string>{"a"});
  s.w.advance(10'000ms);
  CHECK(s.sees("a") == member_state::left);
}

TEST_CASE("a node that leaves tells all, and says no more that it lives") {
  stage s;
  auto a = s.join("a");
  auto b = s.join("b", 2);
  s.send(leave_atom::value);
  CHECK(a.heard->farewells == 1);
  CHECK(b.heard->farewells == 1);
  CHECK(s.port->closed);
  auto heard = a.heard->beats.size();
  s.w.advance(2'000ms);
  CHECK(a.heard->beats.size() == heard);
}

TEST_CASE("a survey is told once, within its limit, whoever is silent") {
  stage s;
  auto a = s.join("a");
  auto b = s.join("b", 2);
  b.heard->mute = true;
  int told = 0;
  std::map<std::string, std::string> said;
  s.send(cluster_survey{report_kind::telemetry, [&](auto all) {
                          ++told;
                          for (auto& x : all)
                            said[x.name] = x.text;
                        }});
  CHECK(told == 0);
  s.w.advance(1'100ms);
  CHECK(told == 1);
  CHECK(said == std::map<std::string, std::string>{{"a", "said"}, {"b", ""}});
}

TEST_CASE("a survey without peers, or of an actor that dies, is told too") {
  stage s;
  int told = 0;
  auto tell = [&](const std::vector<member_report>& all) {
    ++told;
    CHECK(all.empty());
  };
  s.send(cluster_survey{report_kind::metrics, tell});
  CHECK(told == 1);
  auto a = s.join("a");
  a.heard->mute = true;
  s.send(cluster_survey{report_kind::metrics, tell});
  s.w.kill(s.actor);
  CHECK(told == 2);
}

TEST_CASE("a peer is told what this node shows, unless it is too long") {
  stage s;
  auto a = s.join("a");
  auto ask = [&](std::uint8_t kind) {
    std::string out = "nothing";
    caf::scoped_actor self{s.w.system()};
    self->send(s.actor, cluster_question{cluster_version, kind});
    s.w.run();
    self->receive([&](const cluster_report& x) { out = x.text; },
                  caf::after(0s) >> [] {});
    return out;
  };
  CHECK(ask(0) == "a tree");
  CHECK(ask(1) == "numbers");
  CHECK(ask(2) == "");
  s.port->text.assign(2'000'000, 'x');
  CHECK(ask(0) == "");
}

TEST_CASE("a restarted actor remembers who has died, and opens its door "
          "anew") {
  stage s;
  auto a = s.join("a");
  s.w.advance(3'500ms);
  s.w.kill(s.actor);
  s.actor = start_cluster(s.plan, s.place);
  s.w.run();
  CHECK(s.port->exposures == 2);
  CHECK(s.sees("a") == member_state::gone);
}

TEST_CASE("what this node says of a breaker goes to all peers, and to who is "
          "linked later with what is left of it") {
  stage s;
  auto a = s.join("a");
  s.memory->news->tell("llm/m", {true, 3, 10s}, s.w.now());
  s.w.run();
  REQUIRE(a.heard->words.size() == 1);
  CHECK(a.heard->words[0].name == "self");
  CHECK(a.heard->words[0].service == "llm/m");
  CHECK(a.heard->words[0].open);
  CHECK(a.heard->words[0].episode == 3);
  CHECK(a.heard->words[0].left_ms == 10'000);
  s.w.advance(2s);
  auto b = s.join("b", 2);
  REQUIRE(b.heard->words.size() == 1);
  CHECK(b.heard->words[0].left_ms == 8'000);
  s.memory->news->tell("llm/m", {false, 3, {}}, s.w.now());
  s.w.run();
  CHECK_FALSE(a.heard->words.back().open);
  CHECK(s.memory->news->standing(s.w.now()).empty());
}

TEST_CASE("who has called hears what stands once it is heard itself") {
  stage s;
  s.memory->news->tell("llm", {true, 1, 10s}, s.w.now());
  auto a = s.join("a", 1, false);
  CHECK(a.heard->words.empty());
  s.beat(a, "a");
  CHECK(a.heard->words.size() == 1);
}

TEST_CASE("what a peer says of a breaker concerns the dependency of that name, "
          "and is void when its link ends, by death or not") {
  auto word = [](bool open, const char* from = "a") {
    return cluster_word{cluster_version, from, "llm", open, 1, 10'000};
  };
  stage s{{dependency_named("llm"), dependency_named("other")}};
  auto state = [&] { return s.w.place("llm")->state(); };
  auto a = s.join("a");
  s.beat(a, "a");
  s.say(a, word(true));
  CHECK(state() == breaker_state::half_open);
  CHECK(s.w.place("other")->state() == breaker_state::closed);
  SECTION("it takes it back") {
    s.say(a, word(false));
  }
  SECTION("its link ends") {
    s.send(peer_unlinked{"a", 1});
  }
  SECTION("it falls silent") {
    s.w.advance(4s);
  }
  SECTION("it says farewell") {
    s.say(a, cluster_farewell{cluster_version, "a", 5});
  }
  CHECK(state() == breaker_state::closed);
}

TEST_CASE("a word in another's name is nobody's") {
  stage s{{dependency_named("llm")}};
  auto a = s.join("a");
  s.beat(a, "a");
  s.say(a, cluster_word{cluster_version, "c", "llm", true, 1, 10'000});
  CHECK(s.w.place("llm")->state() == breaker_state::closed);
}
