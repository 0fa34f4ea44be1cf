// What the cluster actor makes of orders; what holds of two is in orders_test.
#include "tests/actors/cluster/stage.hpp"

using namespace caisson;
using namespace caisson::testing;
using namespace std::chrono_literals;

namespace {

cluster_order told(const std::string& by, order_kind kind, std::string subject,
                   std::string word, std::uint64_t stamp) {
  cluster_order x;
  x.name = x.giver = by;
  x.kind = static_cast<std::uint8_t>(kind);
  x.subject = std::move(subject);
  x.word = std::move(word);
  x.stamp = stamp;
  return x;
}

} // namespace

TEST_CASE(
  "what a node was told whose link has ended is told on to all others") {
  stage s;
  auto a = s.join("a");
  auto b = s.join("b", 2);
  s.say(a, told("a", order_kind::breaker, "x", "forced_open", 5));
  REQUIRE(s.obeyed.size() == 1);
  CHECK(b.heard->orders.empty());
  s.send(peer_unlinked{"a", 1});
  REQUIRE(b.heard->orders.size() == 1);
  CHECK(b.heard->orders[0].giver == "a");
  CHECK(b.heard->orders[0].name == "self");
  CHECK(b.heard->orders[0].stamp == 5);
}

TEST_CASE("what this node is told all peers are told, and later ones too where "
          "it stands") {
  stage s;
  auto a = s.join("a");
  s.memory->orders.give({order_kind::breaker, "x", "forced_open"});
  s.memory->orders.give({order_kind::forget, "llm:"});
  s.w.run();
  REQUIRE(a.heard->orders.size() == 2);
  CHECK(a.heard->orders[0].word == "forced_open");
  CHECK(a.heard->orders[0].name == "self");
  CHECK(a.heard->orders[1].subject == "llm:");
  auto b = s.join("b");
  REQUIRE(b.heard->orders.size() == 1);
  CHECK(b.heard->orders[0].subject == "x");
  // Of what it lacks the beat tells it.
  s.w.advance(1s);
  CHECK(b.heard->beats.back().forgets == 1);
  CHECK(s.obeyed.empty());
}

TEST_CASE("what another node was told is done, once, and of two the later") {
  stage s;
  auto a = s.join("a");
  auto b = s.join("b");
  s.say(a, told("a", order_kind::breaker, "x", "forced_open", 7));
  s.say(a, told("a", order_kind::breaker, "x", "forced_open", 7));
  s.say(b, told("b", order_kind::breaker, "x", "auto", 6));
  REQUIRE(s.obeyed.size() == 1);
  s.say(b, told("b", order_kind::breaker, "x", "auto", 8));
  REQUIRE(s.obeyed.size() == 2);
  CHECK(s.obeyed[1].word == "auto");
  // It is not told on: who has told it tells all.
  CHECK(a.heard->orders.empty());
  // But to who comes later it is.
  auto late = s.join("a", 2);
  REQUIRE(late.heard->orders.size() == 1);
  CHECK(late.heard->orders[0].word == "auto");
  CHECK(late.heard->orders[0].giver == "b");
  CHECK(late.heard->orders[0].name == "self");
}

TEST_CASE("an order from who is not who it says is none") {
  stage s;
  s.join("a");
  s.send(told("a", order_kind::limits, {}, "disabled", 7));
  auto b = s.join("b");
  auto foreign = told("c", order_kind::limits, {}, "disabled", 7);
  s.say(b, foreign);
  auto later = told("b", order_kind::limits, {}, "disabled", 7);
  later.version = cluster_version + 1;
  s.say(b, later);
  CHECK(s.obeyed.empty());
}

TEST_CASE("orders to forget that a node has missed make it forget everything, "
          "once") {
  stage s;
  auto a = s.join("a");
  s.beat(a, "a", 5, {}, 0);
  s.say(a, told("a", order_kind::forget, "llm:", {}, 1));
  s.beat(a, "a", 5, {}, 1);
  CHECK(s.obeyed.size() == 1);
  CHECK(s.forgot_all == 0);
  SECTION("some in the midst") {
    s.say(a, told("a", order_kind::forget, "llm:", {}, 3));
    s.beat(a, "a", 5, {}, 3);
  }
  SECTION("the last one") {
    s.beat(a, "a", 5, {}, 2);
    s.beat(a, "a", 5, {}, 2);
  }
  SECTION("in another life of that node") {
    s.beat(a, "a", 6, {}, 1);
  }
  CHECK(s.forgot_all == 1);
}

TEST_CASE("a crash of the actor loses no order: what it had not told all note "
          "that they lack") {
  stage s;
  auto a = s.join("a");
  s.w.kill(s.actor);
  s.memory->orders.give({order_kind::forget, "llm:"});
  s.memory->orders.give({order_kind::limits, {}, "log_only"});
  s.actor = start_cluster(s.plan, s.place);
  s.w.run();
  auto again = s.join("a", 2);
  CHECK(again.heard->beats.back().forgets == 1);
  REQUIRE(again.heard->orders.size() == 1);
  CHECK(again.heard->orders[0].word == "log_only");
}
