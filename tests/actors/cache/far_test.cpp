#include "actors/cache/far.hpp"

#include "tests/actors/cache/far_circle.hpp"

// Values that are fetched once for all nodes (far.hpp, far_side.hpp,
// far_listener.hpp; adr/0033): real caches and cluster actors of three nodes,
// with wires that are cut, in virtual time. Tests fetch for whoever leads.

using namespace caisson;
using namespace caisson::testing;
using kind = cache_verdict::kind;

namespace {

constexpr auto one = "data: 1\n\n";
constexpr auto two = "data: 2\n\n";

} // namespace

TEST_CASE("equal questions on all nodes are one fetch and as many answers") {
  for (std::string keeper : {"a", "b", "c"}) {
    far_circle c;
    auto key = c.kept_key(keeper);
    auto first = c.ask("a", key);
    std::vector<heard_lookup_ptr> others;
    for (std::string node : {"a", "b", "c", "b", "c"})
      others.push_back(c.ask(node, key));
    REQUIRE(first->leads());
    for (auto& x : others)
      CHECK(x->waits());
    c.bring(first, "the answer");
    for (auto& x : others) {
      CHECK(x->last() == kind::hit);
      CHECK(x->value->data == "the answer");
      CHECK(x->value->source == "a");
      CHECK(x->value->tokens == 7);
      CHECK(x->ends() == 1);
    }
    CHECK(c.coalesced() == 5);
  }
}

TEST_CASE("what came from another node is kept here as long as there, or not "
          "at all") {
  far_circle c;
  auto kept = c.kept_key("c");
  auto leader = c.ask("a", kept);
  auto other = c.ask("b", kept);
  c.bring(leader, "kept");
  CHECK(c.ask("b", kept)->last() == kind::hit);
  c.w.advance(millis{60'100});
  CHECK(c.ask("b", kept)->leads());
  auto once = c.kept_key("b");
  leader = c.ask("a", once);
  other = c.ask("c", once);
  c.bring(leader, "once", false);
  CHECK(other->value->data == "once");
  CHECK(c.ask("c", once)->leads());
}

TEST_CASE("questions that meet on their way have one leader") {
  far_circle c;
  auto key = c.kept_key("c");
  std::vector<heard_lookup_ptr> all{c.put("a", key), c.put("b", key),
                                    c.put("c", key)};
  c.w.advance(millis{10});
  auto leads
    = std::count_if(all.begin(), all.end(), [](auto& x) { return x->leads(); });
  CHECK(leads == 1);
}

TEST_CASE("a failure is everybody's, on every node") {
  far_circle c;
  auto key = c.kept_key("b");
  auto leader = c.ask("a", key);
  auto other = c.ask("c", key);
  auto why = make_fault(errc::llm_overloaded, failure_kind::overloaded, "full");
  why.retry_after = millis{3'000};
  leader->lead->failed(why);
  c.w.run();
  CHECK(other->last() == kind::failed);
  CHECK(other->why.code == errc::llm_overloaded);
  CHECK(other->why.detail == "full");
  CHECK(other->why.retry_after == millis{3'000});
  CHECK(c.ask("c", key)->leads());
}

TEST_CASE("what cannot be said again is fetched by each for himself") {
  far_circle c;
  auto key = c.kept_key("b");
  auto leader = c.ask("a", key);
  auto other = c.ask("c", key);
  leader->lead->unsayable();
  c.w.run();
  CHECK(other->last() == kind::alone);
}

TEST_CASE("who wants a stream hears the leader's as it comes, on every node") {
  far_circle c;
  auto key = c.kept_key("b");
  auto leader = c.ask("a", key, true);
  auto near = c.ask("a", key, true);
  auto far = c.ask("c", key, true);
  auto whole = c.ask("c", key);
  leader->lead->begin({.dependency = "openai", .model = "m"});
  c.say(leader, one);
  CHECK(near->stream == one);
  CHECK(far->stream == one);
  CHECK(far->source == "openai");
  auto late = c.ask("c", key, true);
  CHECK(late->stream == one);
  c.say(leader, two);
  for (auto& x : {near, far, late})
    CHECK(x->stream == std::string{one} + two);
  CHECK(whole->waits());
  token_usage took;
  took.known = true;
  took.input = 3;
  took.output = 4;
  leader->lead->counted(took);
  c.bring(leader, "whole");
  for (auto& x : {near, far, late}) {
    CHECK(x->last() == kind::over);
    CHECK(x->took.output == 4);
    CHECK(x->value == nullptr);
    CHECK(x->ends() == 1);
  }
  CHECK(whole->value->data == "whole");
}

TEST_CASE("a stream is asked for where the first who waits wants none") {
  far_circle c;
  auto key = c.kept_key("b");
  auto leader = c.ask("a", key, true);
  auto whole = c.ask("c", key);
  c.say(leader, one);
  CHECK(whole->stream.empty());
  auto later = c.ask("c", key, true);
  CHECK(later->stream == one);
  c.say(leader, two);
  CHECK(later->stream == std::string{one} + two);
}

TEST_CASE("a stream that cannot be kept is complete for who has heard it") {
  far_circle c;
  auto key = c.kept_key("b");
  auto leader = c.ask("a", key, true);
  auto far = c.ask("c", key, true);
  c.say(leader, one);
  leader->lead->unsayable();
  c.w.run();
  CHECK(far->last() == kind::over);
}

TEST_CASE("texts longer than a frame cross in pieces") {
  far_circle c;
  auto key = c.kept_key("b");
  auto leader = c.ask("a", key, true);
  auto far = c.ask("c", key, true);
  auto whole = c.ask("b", key);
  std::string long_one(longest_flight_text + 1'000, 'x');
  c.say(leader, long_one);
  CHECK((far->stream == long_one)); // too long to be shown
  std::string value(largest_cached - 1'000, 'y');
  c.bring(leader, value);
  CHECK((whole->value->data == value));
  CHECK(far->last() == kind::over);
}

TEST_CASE("a leader that is lost is replaced: who has heard a part goes on for "
          "himself, the others have a leader") {
  far_circle c;
  auto key = c.kept_key("b");
  auto leader = c.ask("a", key, true);
  auto near = c.ask("a", key);
  auto far = c.ask("c", key, true);
  auto patient = c.ask("c", key);
  c.say(leader, one);
  leader->lead = nullptr;
  c.w.advance(millis{50});
  CHECK(far->last() == kind::cut);
  REQUIRE(near->leads());
  CHECK(patient->waits());
  c.bring(near, "by another");
  CHECK(patient->value->data == "by another");
}

TEST_CASE("a leader that is lost with all of its node's questions is replaced "
          "on another node") {
  far_circle c;
  auto key = c.kept_key("b");
  auto leader = c.ask("a", key);
  auto far = c.ask("c", key);
  leader->lead = nullptr;
  c.w.advance(millis{50});
  CHECK(far->leads());
  auto third = c.ask("b", key);
  CHECK(third->waits());
  c.bring(far, "in the end");
  CHECK(third->value->data == "in the end");
}

TEST_CASE("a node that dies takes its fetching with it, and nobody else's "
          "answer") {
  far_circle c;
  // Who keeps the key may be the one who fetches and dies, too.
  for (std::string keeper : {"b", "a"}) {
    auto key = c.kept_key(keeper);
    auto leader = c.ask("a", key, true);
    auto far = c.ask("c", key, true);
    auto patient = c.ask("c", key);
    auto third = c.ask("b", key);
    c.say(leader, one);
    c.cut("a");
    c.wait_for_death();
    CHECK(far->last() == kind::cut);
    REQUIRE(patient->leads() != third->leads());
    c.bring(patient->leads() ? patient : third, "in spite of all");
    for (auto& x : {patient, third})
      CHECK((x->led || x->value->data == "in spite of all"));
    leader->lead = nullptr;
    c.w.run();
    c.heal("a");
  }
}

TEST_CASE("whoever keeps the key dies: who leads goes on, and who waits hears "
          "it") {
  far_circle c;
  auto key = c.kept_key("b");
  auto leader = c.ask("a", key);
  auto far = c.ask("c", key);
  c.cut("b");
  c.wait_for_death();
  CHECK(far->waits());
  c.bring(leader, "as ever");
  CHECK(far->value->data == "as ever");
}

TEST_CASE("a claim holds at another keeper as long as the fetching lasts") {
  far_circle c;
  auto key = c.kept_key("b");
  auto leader = c.ask("a", key);
  c.cut("b");
  c.wait_for_death();
  // The lease is said again, to whoever keeps the key now.
  auto far = c.ask("c", key);
  CHECK(far->waits());
  c.w.advance(millis{20'000});
  CHECK(c.ask("c", key)->waits());
  leader->lead = nullptr;
  c.w.advance(millis{50});
}

TEST_CASE("a keeper that says nothing delays nobody for more than 40 ms, and "
          "the next not at all") {
  far_circle c;
  auto first = c.kept_key("b");
  c.cut("b");
  auto waits = c.put("a", first);
  c.w.advance(millis{60});
  CHECK(waits->leads());
  CHECK(waits->after <= millis{50});
  for (int i = 0; i < 20; ++i) {
    auto x = c.ask("a", "llm:me:x" + std::to_string(i) + ":1");
    // Of the others, too: each key is kept by somebody.
    CHECK((x->leads() && x->after <= millis{10}));
  }
}

TEST_CASE("a shard that crashes says so to those that wait elsewhere") {
  far_circle c;
  auto key = c.kept_key("b");
  auto leader = c.ask("a", key, true);
  auto far = c.ask("c", key, true);
  c.say(leader, one);
  c.w.kill(c.at("a").cache);
  c.start_cache_of(c.at("a"));
  c.w.advance(millis{50});
  CHECK(far->last() == kind::cut);
  leader->lead = nullptr;
}

TEST_CASE("a shard that crashes while it listens answers who waits, and is "
          "not spoken to for ever") {
  far_circle c;
  auto key = c.kept_key("b");
  auto leader = c.ask("a", key, true);
  auto far = c.ask("c", key, true);
  c.say(leader, one);
  c.w.kill(c.at("c").cache);
  c.start_cache_of(c.at("c"));
  CHECK(far->last() == kind::cut);
  c.say(leader, two);
  c.w.advance(millis{50});
  CHECK(leader->unwanted());
}

TEST_CASE("a leader hears when nobody on any node waits for it any more") {
  far_circle c;
  auto key = c.kept_key("b");
  auto leader = c.ask("a", key);
  CHECK_FALSE(leader->lead->wanted());
  auto far = c.ask("c", key);
  CHECK(leader->lead->wanted());
  auto near = c.ask("a", key);
  c.leave(far);
  CHECK_FALSE(leader->unwanted());
  c.leave(near);
  CHECK(leader->unwanted());
  CHECK_FALSE(leader->lead->wanted());
}

TEST_CASE("a node whose link has ended fetches for itself") {
  far_circle c;
  auto key = c.kept_key("b");
  auto leader = c.ask("a", key, true);
  auto far = c.ask("c", key, true);
  c.say(leader, one);
  c.unlink("a");
  c.w.advance(millis{50});
  CHECK(far->last() == kind::cut);
  // Who keeps the key says that "a" fetches it: "c" cannot follow there.
  CHECK(c.ask("c", key)->leads());
}

TEST_CASE("what an invalidation has overtaken is kept nowhere") {
  far_circle c;
  auto key = c.kept_key("b");
  auto leader = c.ask("a", key);
  auto far = c.ask("c", key);
  for (std::string node : {"a", "c"})
    caf::anon_send(c.at(node).cache, cache_invalidated{"llm:", false, {}});
  c.w.run();
  c.bring(leader, "old");
  CHECK(far->value->data == "old");
  CHECK(c.ask("c", key)->leads());
  CHECK(c.ask("a", key)->waits());
}

TEST_CASE("who asks after an invalidation is not given what was begun before "
          "it") {
  for (std::string keeper : {"a", "b", "c"}) {
    far_circle c;
    auto key = c.kept_key(keeper);
    auto old = c.ask("a", key);
    for (std::string node : {"a", "b", "c"})
      caf::anon_send(c.at(node).cache, cache_invalidated{"llm:", false, {}});
    c.w.run();
    auto late = c.ask("c", key);
    CHECK(late->leads());
    c.bring(old, "old");
    c.bring(late, "new");
    CHECK(c.ask("c", key)->value->data == "new");
  }
}

TEST_CASE("a claim whose word came too late keeps nobody waiting afterwards") {
  far_circle c;
  auto key = c.kept_key("b");
  c.delay("b", millis{60});
  auto first = c.put("a", key);
  c.w.advance(millis{50});
  REQUIRE(first->leads());
  c.w.advance(millis{300});
  c.delay("b", millis{0});
  c.bring(first, "not kept", false);
  c.w.advance(millis{10});
  CHECK(c.ask("a", key)->leads());
  auto other = c.kept_key("c");
  c.delay("c", millis{60});
  auto crashed = c.put("a", other);
  c.w.advance(millis{350});
  c.delay("c", millis{0});
  c.w.kill(c.at("a").cache);
  c.start_cache_of(c.at("a"));
  CHECK(c.ask("a", other)->leads());
}

TEST_CASE("a follow that overtakes the keeper's word to who leads is heard") {
  far_circle c;
  auto key = c.kept_key("b");
  c.delay("b", millis{20});
  auto first = c.put("a", key);
  c.w.run();
  c.delay("b", millis{0});
  auto second = c.ask("c", key);
  c.w.advance(millis{50});
  CHECK(first->leads());
  CHECK(second->waits());
  c.bring(first, "once");
  CHECK(second->value->data == "once");
}

TEST_CASE("words of another version or of nobody change nothing") {
  far_circle c;
  auto key = c.kept_key("c");
  auto leader = c.ask("a", key, true);
  auto far = c.ask("c", key, true);
  auto news = [&](std::uint16_t version, std::string name, flight_step what,
                  std::string text) {
    flight_news x;
    x.version = version;
    x.name = std::move(name);
    x.key = key;
    x.token = "nobody@a";
    x.what = static_cast<std::uint8_t>(what);
    x.text = std::move(text);
    caf::anon_send(c.at("c").cache, x);
    c.w.run();
  };
  news(flight_version, "a", flight_step::lost, "");
  news(flight_version + 1, "a", flight_step::events, "lies");
  news(flight_version, "b", flight_step::failed, "lies");
  CHECK(far->waits());
  CHECK(far->stream.empty());
  c.bring(leader, "the truth");
  CHECK(far->value->data == "the truth");
}

TEST_CASE("a follow that is answered late is said again, and nobody hears the "
          "beginning twice") {
  far_circle c;
  auto key = c.kept_key("b");
  auto leader = c.ask("a", key, true);
  c.say(leader, one);
  c.hold("a");
  auto far = c.ask("c", key, true);
  c.w.advance(millis{600});
  CHECK(far->stream.empty());
  c.let_go("a");
  c.w.advance(millis{50});
  CHECK(far->stream == one);
  c.say(leader, two);
  CHECK(far->stream == std::string{one} + two);
  c.bring(leader, "whole");
  CHECK(far->last() == kind::over);
}
