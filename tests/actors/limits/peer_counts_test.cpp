// The bounds of `limits.store = "cluster"` that README.md states: in normal
// running, while a node dies, in a split, and how long anybody waits.
#include "tests/actors/cluster/circle.hpp"

#include <random>

#include "actors/telemetry/families.hpp"
#include "tests/support/catch.hpp"

using namespace caisson;
using namespace caisson::testing;
using namespace std::chrono_literals;

namespace {

charges a_minute(std::uint64_t most, std::uint64_t cost = 1,
                 limit_type what = limit_type::minute) {
  charges out;
  out.add({what, slot_of(what), {most, 1min}, cost});
  return out;
}

const std::vector<std::string> all{"a", "b", "c"};

/// How many of so many pass, put to these nodes in turns.
int admitted(circle& c, const limit_key& who, const charges& what, int asked,
             const std::vector<std::string>& at = all) {
  int out = 0;
  for (int i = 0; i < asked; ++i)
    out += c.passes(at[static_cast<std::size_t>(i) % at.size()], who, what);
  return out;
}

} // namespace

TEST_CASE("the limit is the cluster's, whichever node is asked") {
  circle c;
  auto who = c.kept_by("b");
  CHECK(admitted(c, who, a_minute(10), 15) == 10);
  CHECK(c.last.how->exceeded);
  CHECK(c.last.how->source == limit_source::cluster);
  CHECK(c.last.how->limit == 10);
  c.w.advance(61s);
  CHECK(admitted(c, who, a_minute(10), 15) == 10);
  CHECK(c.decisions("keeper") > 0);
  CHECK(c.decisions("peer") > 0);
  CHECK(c.decisions("share") == 0);
}

TEST_CASE("who has used up a client's limit has used up nobody else's") {
  circle c;
  CHECK(admitted(c, c.kept_by("a"), a_minute(5), 9) == 5);
  CHECK(admitted(c, {7, 7}, a_minute(5), 9) == 5);
}

TEST_CASE("T1, cluster: with what is held beforehand no span has more than a "
          "twentieth above the limit") {
  circle c;
  auto what = a_minute(1'200);
  auto who = c.kept_by("a");
  // From the end of one minute into the next, as fast as it goes.
  CHECK(admitted(c, who, what, 200, {"b", "c"}) == 200);
  c.w.advance(55s);
  auto more = 0;
  std::mt19937 dice{20261128};
  for (int i = 0; i < 2'500; ++i) {
    more += c.passes(all[dice() % 3], who, what);
    if (i % 25 == 0)
      c.w.advance(10ms);
  }
  CHECK(200 + more <= 1'260);
  CHECK(200 + more >= 1'140);
  CHECK(c.decisions("lease") > 2 * c.decisions("peer"));
}

TEST_CASE("what is held beforehand and not used comes back") {
  circle c;
  auto what = a_minute(1'200);
  auto who = c.kept_by("a");
  auto used = admitted(c, who, what, 64, {"b"});
  REQUIRE(used == 64);
  c.w.advance(2s);
  CHECK(admitted(c, who, what, 1'500, {"a"}) == 1'200 - used);
}

TEST_CASE("what is left is told in falling numbers, and never more than there "
          "is") {
  circle c;
  auto what = a_minute(1'200);
  auto who = c.kept_by("a");
  std::uint64_t before = 1'200;
  for (int i = 0; i < 100; ++i) {
    REQUIRE(c.passes("b", who, what));
    CHECK(c.last.how->remaining < before);
    CHECK(c.last.how->remaining == 1'199u - static_cast<unsigned>(i));
    before = c.last.how->remaining;
  }
}

TEST_CASE("a refusal is believed for a moment without asking, and who waits as "
          "told is admitted") {
  circle c;
  auto who = c.kept_by("a");
  CHECK(admitted(c, who, a_minute(3), 3, {"b"}) == 3);
  CHECK_FALSE(c.passes("b", who, a_minute(3)));
  auto asked = c.decisions("peer");
  for (int i = 0; i < 20; ++i)
    CHECK_FALSE(c.passes("b", who, a_minute(3)));
  CHECK(c.decisions("peer") == asked);
  auto wait = std::chrono::ceil<millis>(c.last.how->retry_after);
  c.w.advance(wait + 10ms);
  CHECK(c.passes("b", who, a_minute(3)));
}

TEST_CASE("nobody waits longer than 50 ms for a keeper that says nothing, and "
          "those after the first do not wait at all") {
  circle c;
  auto who = c.kept_by("a");
  c.cut("a");
  auto first = c.put("b", who, a_minute(9));
  c.w.advance(50ms);
  REQUIRE(first->how);
  CHECK(first->after <= 50ms);
  CHECK_FALSE(first->how->exceeded);
  auto second = c.put("b", who, a_minute(9));
  c.w.run();
  REQUIRE(second->how);
  CHECK(second->after == 0ms);
  // The share of one of three.
  CHECK(c.passes("b", who, a_minute(9)));
  CHECK_FALSE(c.passes("b", who, a_minute(9)));
  CHECK(c.decisions("share") >= 3);
}

TEST_CASE("a keeper that ends with its process is asked by nobody: the others "
          "decide at once") {
  circle c;
  auto who = c.kept_by("a");
  c.w.kill(c.at("a").cluster);
  auto first = c.put("b", who, a_minute(9));
  c.w.advance(50ms);
  REQUIRE(first->how);
  CHECK(first->after <= 50ms);
}

TEST_CASE(
  "after a death another node keeps the windows, and knows all but what "
  "the dead one has let in itself") {
  circle c;
  auto who = c.kept_by("a");
  auto what = a_minute(30);
  REQUIRE(admitted(c, who, what, 15) == 15); // five at each
  c.cut("a");
  c.wait_for_death();
  auto more = admitted(c, who, what, 60, {"b", "c"});
  // The five of the dead one are forgotten, and nothing else.
  CHECK(more == 20);
  CHECK(c.decisions("share") == 0);
}

TEST_CASE(
  "what was let in before anybody knew of the death counts afterwards") {
  circle c;
  auto who = c.kept_by("a");
  auto what = a_minute(30);
  REQUIRE(admitted(c, who, what, 15) == 15);
  c.cut("a");
  // Each admits what is left of its third.
  CHECK(admitted(c, who, what, 40, {"b", "c"}) == 10);
  c.wait_for_death();
  CHECK(admitted(c, who, what, 60, {"b", "c"}) == 10);
}

TEST_CASE(
  "in a split most of the nodes admit the limit, and each of the others "
  "its share") {
  circle c;
  auto who = c.kept_by("c");
  auto what = a_minute(30);
  c.cut("c");
  c.wait_for_death();
  CHECK(admitted(c, who, what, 60, {"a", "b"}) == 30);
  CHECK(admitted(c, who, what, 60, {"c"}) == 10);
  // Healed: what each has let in is known again once it is asked.
  c.heal("c");
  CHECK(admitted(c, who, what, 3) <= 1);
  CHECK(admitted(c, who, what, 30) == 0);
  auto other = c.kept_by("c", 1'000);
  CHECK(admitted(c, other, what, 60) == 30);
}

TEST_CASE("a node that has started anew is told what came in through the "
          "others") {
  circle c;
  auto who = c.kept_by("a");
  auto what = a_minute(30);
  REQUIRE(admitted(c, who, what, 15) == 15);
  c.restart("a");
  CHECK(admitted(c, who, what, 60) == 20);
}

TEST_CASE("who has not kept a client's windows for long asks all what came in "
          "through them") {
  circle c;
  auto who = c.kept_by("a");
  auto what = a_minute(30);
  REQUIRE(admitted(c, who, what, 15) == 15);
  c.restart("a");
  // The client does not come to c any more.
  CHECK(admitted(c, who, what, 60, {"b"}) == 20);
}

TEST_CASE(
  "a client that comes to one node only has what is left of all after a "
  "death") {
  circle c;
  auto who = c.kept_by("a");
  auto what = a_minute(30);
  REQUIRE(admitted(c, who, what, 15) == 15);
  c.cut("a");
  c.wait_for_death();
  CHECK(admitted(c, who, what, 60, {"b"}) == 20);
}

TEST_CASE("what a node has let in by itself after a reload its keeper is told "
          "when it is asked again") {
  circle c;
  auto who = c.kept_by("a");
  auto what = a_minute(30);
  REQUIRE(admitted(c, who, what, 5, {"b"}) == 5);
  c.keep_together("b", false);
  REQUIRE(admitted(c, who, what, 5, {"b"}) == 5);
  CHECK(c.last.how->source == limit_source::memory);
  c.keep_together("b", true);
  REQUIRE(c.passes("b", who, what));
  CHECK(c.last.how->remaining == 19);
}

TEST_CASE("where the nodes have been the same for longer than a limit looks "
          "back, nobody is asked for the past") {
  circle c;
  auto words = [&] { return c.w.count(families::cluster_messages, {"quota"}); };
  auto who = c.kept_by("a");
  c.passes("a", who, a_minute(30));
  auto young = words();
  CHECK(young == 2); // both others were
  c.passes("a", who, a_minute(30));
  c.w.advance(61s);
  c.passes("a", c.kept_by("a", 1'000), a_minute(30));
  CHECK(words() == young);
}

TEST_CASE("tokens that were reserved and not used are there again at every "
          "node") {
  circle c;
  auto who = c.kept_by("a");
  auto what = a_minute(100, 60, limit_type::tokens);
  REQUIRE(c.passes("b", who, what));
  limit_settlement back{
    who, true, what, {10}, c.last.how->source, c.last.how->spent_at};
  CHECK_FALSE(c.passes("c", who, what));
  caf::anon_send(c.at("b").limiter, back);
  c.w.run();
  CHECK(c.passes("c", who, what));
  CHECK(c.last.how->remaining == 30);
}

TEST_CASE("what came in through one node is told once to a keeper, not each "
          "time") {
  circle c;
  auto who = c.kept_by("a");
  auto what = a_minute(30);
  CHECK(admitted(c, who, what, 12, {"b"}) == 12);
  CHECK(c.last.how->remaining == 18);
  CHECK(admitted(c, who, what, 3, {"a"}) == 3);
  CHECK(c.last.how->remaining == 15);
}

TEST_CASE("whatever happens once, no span has more than twice the limit, and a "
          "twentieth") {
  for (unsigned seed = 1; seed <= 6; ++seed) {
    std::mt19937 dice{seed};
    circle c;
    auto who = c.kept_by(all[dice() % 3]);
    auto hit = all[dice() % 3];
    auto what = a_minute(240);
    auto when = dice() % 900;
    auto passed = 0;
    for (unsigned i = 0; i < 1'200; ++i) {
      if (i == when)
        seed % 2 ? c.cut(hit) : c.restart(hit);
      auto to = all[dice() % 3];
      passed += c.passes(to, who, what);
      if (dice() % 4 == 0)
        c.w.advance(10ms);
    }
    INFO("seed " << seed);
    CHECK(passed <= 240 * 2 + 12);
    CHECK(passed >= 240 - 12);
  }
}
