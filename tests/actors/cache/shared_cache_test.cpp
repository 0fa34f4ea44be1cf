#include "actors/cache/second_layer.hpp"

#include "tests/actors/cache/kept_world.hpp"

// The layer that nodes share (second_layer.hpp, fetching.hpp, purge.hpp; by way
// of stores/kv_client.hpp and stores/key_value.hpp),
// before a store in virtual time.

using namespace caisson;
using namespace caisson::testing;
using kind = failure_kind;

namespace {

const std::string key_x = "llm:me:x:1";

cache_settings brief() {
  cache_settings cache;
  cache.l1_ttl = millis{1'000};
  cache.ttl.llm = millis{60'000};
  cache.stale_if_error = millis{30'000};
  return cache;
}

void put(kept_world& w, const std::string& text, millis ttl,
         millis stale = millis{0}) {
  cached_value value;
  value.data = text;
  value.source = "elsewhere";
  value.tokens = 7;
  w.store.has[key_x] = {stored_form(value, stale), w.it.now() + ttl + stale};
}

} // namespace

TEST_CASE("an answer goes into the shared store, and comes back out of it") {
  kept_world w{brief(), true};
  w.ask("x");
  REQUIRE(w.store.find(key_x));
  CHECK(w.store.has[key_x].end - w.it.now() == millis{90'000});
  CHECK_FALSE(w.store.find("{" + key_x + "}:claim"));
  w.it.advance(millis{1'000});
  CHECK(w.ask("x")->answered());
  CHECK(w.hits("l2") == 1);
  CHECK(w.ask("x")->answered());
  CHECK(w.hits("l1") == 1);
  CHECK(w.provider().started == 1);
}

TEST_CASE("C1: a value of the store stays in the first layer for no longer "
          "than it holds there") {
  kept_world w{brief(), true};
  put(w, "old", millis{300});
  CHECK(w.ask("x")->body == "old");
  w.it.advance(millis{290});
  CHECK(w.ask("x")->body == "old");
  w.it.advance(millis{10});
  CHECK(w.ask("x")->body == "answer of m");
}

TEST_CASE("what another node fetches is waited for, and not fetched here") {
  kept_world w{brief(), true};
  w.claim_elsewhere(key_x, millis{5'000});
  auto first = w.ask("x");
  auto second = w.ask("x");
  w.it.advance(millis{400});
  CHECK(w.store.asked < 15);
  CHECK(first->finals == 0);
  put(w, "theirs", millis{60'000});
  w.it.advance(millis{400});
  CHECK(first->body == "theirs");
  CHECK(second->body == "theirs");
  CHECK(w.provider().started == 0);
  CHECK(w.it.count(families::cache_misses, {"l2", "llm"}) == 1);
}

TEST_CASE("a node that dies with its claim is replaced when its lease ends") {
  kept_world w{brief(), true};
  w.claim_elsewhere(key_x, millis{1'000});
  auto told = w.ask("x");
  w.it.advance(millis{900});
  CHECK(told->finals == 0);
  w.it.advance(millis{500});
  CHECK(told->body == "answer of m");
}

TEST_CASE("C2: the failure of another node is that of all who waited for it, "
          "and of nobody else") {
  kept_world w{brief(), true};
  w.claim_elsewhere(key_x, millis{5'000});
  auto told = w.ask("x");
  w.it.advance(millis{100});
  auto why = make_fault(errc::llm_overloaded, kind::overloaded, "too much");
  why.retry_after = millis{700};
  auto note = release_of(key_x, "elsewhere", &why);
  w.store.answer(note);
  w.it.advance(millis{400});
  CHECK(told->failed_with(errc::llm_overloaded));
  CHECK(told->why.kind == kind::overloaded);
  CHECK(told->why.detail == "too much");
  CHECK(told->why.retry_after == millis{700});
  CHECK(w.ask("x")->body == "answer of m");
}

TEST_CASE("a failure here is left for those who wait elsewhere, for a second") {
  kept_world w{brief(), true};
  w.provider().script = {fails(kind::server_error)};
  w.ask("x");
  auto* note = w.store.find("{" + key_x + "}:claim");
  REQUIRE(note);
  CHECK(note->starts_with('!'));
  w.it.advance(millis{1'000});
  CHECK_FALSE(w.store.find("{" + key_x + "}:claim"));
}

TEST_CASE("a long call keeps its claim") {
  kept_world w{brief(), true};
  w.provider().script = {answers(millis{20'000})};
  auto told = w.ask("x");
  for (int i = 0; i < 20; ++i) {
    CHECK(w.store.find("{" + key_x + "}:claim"));
    w.it.advance(millis{1'000});
  }
  CHECK(told->answered());
  CHECK(w.store.find(key_x));
}

TEST_CASE("when all have left the claim goes back") {
  kept_world w{brief(), true};
  w.provider().script = {hangs()};
  w.it.leave(w.ask("x"));
  w.it.advance(millis{50});
  CHECK_FALSE(w.store.find("{" + key_x + "}:claim"));
}

TEST_CASE("a store that is down is a miss, and one that is silent costs no "
          "more than its time limit") {
  kept_world w{brief(), true};
  auto mute = GENERATE(false, true);
  w.store.down = !mute;
  w.store.mute = mute;
  auto began = w.it.now();
  auto told = w.ask("x");
  w.it.advance(millis{400});
  CHECK(told->body == "answer of m");
  CHECK(told->when - began <= millis{mute ? 260 : 0});
  CHECK(w.ask("x")->answered());
  CHECK(w.hits("l1") == 1);
}

TEST_CASE("garbage in the store is a miss, is counted and replaced") {
  kept_world w{brief(), true};
  auto garbage = GENERATE(std::string{"nonsense"}, std::string{""},
                          std::string{"1 0000000000 0123456789abcdef 1 2"});
  w.store.has[key_x] = {garbage, w.it.now() + millis{60'000}};
  CHECK(w.ask("x")->body == "answer of m");
  CHECK(w.refused("l2", "garbage") == (garbage.empty() ? 0 : 1));
  CHECK(read_stored(*w.store.find(key_x)));
}

TEST_CASE("an expired value of the store is told when there is no other") {
  kept_world w{brief(), true};
  put(w, "old", millis{100}, millis{60'000});
  w.it.advance(millis{200});
  w.provider().otherwise = fails(kind::server_error);
  CHECK(w.ask("x")->body == "old");
  CHECK(w.hits("stale") == 1);
  w.provider().otherwise = answers();
  CHECK(w.ask("x")->body == "answer of m");
}

TEST_CASE("forgetting by prefix takes values and claims out of the store, and "
          "tells the other nodes before and after") {
  kept_world w{brief(), true};
  w.ask("x");
  w.store.has["llm:you:x:1"] = {"1", w.it.now() + millis{60'000}};
  w.store.has["other"] = {"1", w.it.now() + millis{60'000}};
  w.claim_elsewhere("llm:me:y:1", millis{5'000});
  w.forget("llm:me:", true);
  CHECK(w.forgotten == std::vector{true});
  CHECK(w.store.has.size() == 2);
  CHECK(w.store.announced == std::vector<std::string>{"llm:me:", "llm:me:"});
  CHECK(w.ask("x")->answered());
  CHECK(w.provider().started == 2);
}

TEST_CASE("who forgets while the store is down hears of it") {
  kept_world w{brief(), true};
  w.store.down = true;
  w.forget("llm:", true);
  CHECK(w.forgotten == std::vector{false});
}

TEST_CASE("C4: what was fetched before another node forgot its key is not "
          "stored after it") {
  kept_world w{brief(), true};
  w.provider().script = {answers(millis{100})};
  auto told = w.ask("x");
  w.store.has.clear(); // as the other node's purge does
  w.it.advance(millis{150});
  CHECK(told->answered());
  CHECK_FALSE(w.store.find(key_x));
  CHECK(w.refused("l2", "claim_lost") == 1);
}

TEST_CASE("who does not want to look takes the claim from whoever has it") {
  kept_world w{brief(), true};
  w.claim_elsewhere(key_x, millis{5'000});
  asking anew;
  anew.cached = std::make_shared<plain_order>("x", false, true);
  CHECK(w.it.submit("m", anew)->answered());
  CHECK(w.store.find(key_x));
}

TEST_CASE("a store that leaves the config fails nobody who asked it") {
  kept_world w{brief(), true};
  w.store.mute = true;
  auto told = w.ask("x");
  w.it.apply({kept_world::serving("a")});
  w.it.advance(millis{300});
  CHECK(told->body == "answer of m");
}

TEST_CASE("a prefix is no pattern") {
  auto question = scan_of("llm:a*[b]?\\", true, 0, "7");
  CHECK(question.words
        == std::vector<std::string>{
          "SCAN", "7", "MATCH", "{llm:a\\*\\[b\\]\\?\\\\*", "COUNT", "500"});
}

TEST_CASE("whatever else a store says is no answer") {
  CHECK_FALSE(read_claim(of("x")));
  CHECK_FALSE(read_claim({std::vector<kv_value>{of(0)}}));
  CHECK_FALSE(
    read_claim({std::vector<kv_value>{of(9), of(""), of(0), of("")}}));
  CHECK_FALSE(read_scan(of(1)));
  CHECK_FALSE(read_scan({std::vector<kv_value>{of("0"), of("x")}}));
}

TEST_CASE("forgetting reaches each server of the store, and leaves nothing "
          "under way") {
  kept_world w{brief(), true};
  w.store.servers = 3;
  for (int i = 0; i < 500; ++i) {
    w.store.has["llm:me:" + std::to_string(i) + ":1"]
      = {"v", w.it.now() + millis{60'000}};
    w.store.has["{llm:me:" + std::to_string(i) + ":1}:claim"]
      = {"c", w.it.now() + millis{60'000}};
  }
  w.store.has["llmx"] = {"v", w.it.now() + millis{60'000}};
  w.forget("llm:", true);
  CHECK(w.forgotten == std::vector<bool>{true});
  CHECK(w.store.has.size() == 1);
  CHECK(w.it.count(families::bulkhead_rejections, {"store", "queue_full"})
        == 0);
}

TEST_CASE("a store that fails while it forgets is told of once") {
  kept_world w{brief(), true};
  w.ask("x");
  w.store.down = true;
  w.forget("llm:", true);
  CHECK(w.forgotten == std::vector<bool>{false});
}
