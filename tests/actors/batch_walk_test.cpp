#include "actors/batch_walk.hpp"

#include "tests/actors/cache/kept_world.hpp"
#include "tests/actors/cache/plain_batch.hpp"

// Requests whose answers are made of several values (batch_walk.hpp,
// cache/answer_parts.hpp), in one node and before a shared store.

using namespace caisson;
using namespace caisson::testing;
using kind = failure_kind;

namespace {

reply_ptr ask(kept_world& w, const std::string& letters, asking how = {}) {
  return w.it.submit("m", batch_of(letters, how));
}

std::vector<std::string> asked(kept_world& w) {
  std::vector<std::string> out;
  for (auto& x : w.provider().talks)
    out.push_back(asked_in(*x));
  return out;
}

using list = std::vector<std::string>;

double hits(kept_world& w, std::string layer) {
  return w.it.count(families::cache_hits, {std::move(layer), "embeddings"});
}

} // namespace

TEST_CASE("a batch asks only for what is missing, in its order") {
  kept_world w;
  CHECK(ask(w, "ab")->body == "answer of m");
  auto mixed = ask(w, "cbda");
  CHECK(mixed->body == "cmbmdmam");
  CHECK(mixed->from == "a");
  CHECK(asked(w) == list{"all", "cd"});
  CHECK(hits(w, "l1") == 2);
  CHECK(w.it.count(families::cache_misses, {"l1", "embeddings"}) == 4);
  CHECK(w.it.count(families::cache_saved_tokens, {"l1"}) == 20);
}

TEST_CASE("what is here whole is told without a word to the provider") {
  kept_world w;
  ask(w, "ab");
  auto again = ask(w, "ba");
  CHECK(again->body == "bmam");
  CHECK(again->attempts == 0);
  CHECK(w.provider().started == 1);
}

TEST_CASE("C2: equal batches at once are one fetch") {
  kept_world w;
  w.provider().otherwise = answers(millis{100});
  std::vector<reply_ptr> all;
  for (int i = 0; i < 20; ++i)
    all.push_back(w.it.send("m", batch_of("abc")));
  w.it.advance(millis{150});
  for (auto& x : all)
    CHECK(x->answered());
  CHECK(w.provider().started == 1);
  CHECK(w.it.count(families::cache_coalesced, {"embeddings"}) == 57);
}

TEST_CASE("batches that want one another's parts do not wait in a circle") {
  kept_world w;
  w.provider().otherwise = answers(millis{100});
  auto one = w.it.send("m", batch_of("ab"));
  auto two = w.it.send("m", batch_of("bc"));
  auto three = w.it.send("m", batch_of("ca"));
  w.it.advance(millis{150});
  CHECK(one->answered());
  CHECK(two->body == "bmcm");
  CHECK(three->body == "cmam");
  CHECK(asked(w) == list{"all", "c"});
}

TEST_CASE("C2: a provider's failure is everybody's who waits for a part") {
  kept_world w;
  w.provider().script = {fails(kind::server_error, millis{100})};
  auto one = ask(w, "ab");
  auto two = ask(w, "b");
  w.it.advance(millis{150});
  CHECK(one->failed_with(errc::llm_error));
  CHECK(two->failed_with(errc::llm_error));
  CHECK(w.provider().started == 1);
  CHECK(ask(w, "ab")->answered());
  CHECK(asked(w).back() == "all");
}

TEST_CASE("what is wrong with one batch is not wrong with another that waits "
          "for a part of it") {
  kept_world w;
  w.provider().script = {fails(kind::refused, millis{100})};
  auto bad = ask(w, "abx");
  auto good = ask(w, "cba");
  w.it.advance(millis{250});
  CHECK(bad->failed_with(errc::llm_refused));
  CHECK(good->body == "cmbmam");
  CHECK(asked(w) == list{"all", "c", "ba"});
}

TEST_CASE("who fetches for others and leaves is replaced, by one fetch") {
  kept_world w;
  w.provider().script = {hangs()};
  auto first = ask(w, "abc");
  auto second = ask(w, "cb");
  w.it.leave(first);
  w.it.advance(millis{50});
  CHECK(second->answered());
  CHECK(asked(w) == list{"all", "all"});
  CHECK(w.provider().cancelled == 1);
}

TEST_CASE("who waits has its own deadline") {
  kept_world w;
  w.provider().script = {hangs()};
  auto slow = ask(w, "ab");
  auto brief = ask(w, "bc", {.deadline = millis{300}});
  w.it.advance(millis{350});
  CHECK(brief->failed_with(errc::deadline_exceeded));
  CHECK(ask(w, "c")->body == "cm");
  w.provider().talks[0]->finish("late");
  w.it.run();
  CHECK(slow->body == "late");
}

TEST_CASE("a failure keeps nothing, and what is here does not hide it") {
  kept_world w;
  ask(w, "a");
  w.provider().script = {fails(kind::server_error)};
  CHECK(ask(w, "ab")->failed_with(errc::llm_error));
  CHECK(ask(w, "a")->answered());
  CHECK(asked(w) == list{"all", "b"});
}

TEST_CASE("an answer that cannot be taken apart is told to who asked for just "
          "that, and else a failure") {
  kept_world w;
  w.provider().script = {hangs(), answers(), hangs()};
  auto whole = ask(w, "a");
  w.provider().talks.back()->finish("unsayable");
  w.it.run();
  CHECK(whole->body == "unsayable");
  CHECK(ask(w, "a")->body == "answer of m");
  auto part = ask(w, "ab");
  w.provider().talks.back()->finish("unsayable");
  w.it.run();
  CHECK(part->failed_with(errc::llm_error));
}

TEST_CASE("expired parts make an answer whole while the provider fails") {
  cache_settings cache;
  cache.l1_ttl = cache.ttl.embeddings = millis{500};
  kept_world w{cache};
  ask(w, "ab");
  w.it.advance(millis{600});
  w.provider().otherwise = fails(kind::server_error);
  CHECK(ask(w, "ba")->body == "bmam");
  CHECK(hits(w, "stale") == 1);
  CHECK(ask(w, "bc")->failed_with(errc::llm_error));
}

TEST_CASE("vectors of two targets are never in one answer, and only the "
          "first one's are kept") {
  kept_world w;
  auto b = kept_world::serving("b");
  b.models = {"n"};
  w.it.apply({kept_world::serving("a"), b},
             {model_settings{"both", {"a/m", "b/n"}}});
  w.it.run();
  CHECK(w.it.submit("both", batch_of("x"))->answered());
  w.provider().otherwise = fails(kind::server_error);
  auto mixed = w.it.submit("both", batch_of("xy"));
  CHECK(mixed->body == "answer of n");
  CHECK(mixed->from == "b");
  auto& talks = w.it.outside("b").talks;
  REQUIRE(talks.size() == 2);
  CHECK(asked_in(*talks[0]) == "y");
  CHECK(asked_in(*talks[1]) == "all");
  w.provider().otherwise = answers();
  CHECK(w.it.submit("both", batch_of("xy"))->body == "xmym");
}

TEST_CASE("a front end that crashes while parts are fetched loses nobody") {
  kept_world w;
  ask(w, "a");
  w.provider().script = {hangs()};
  auto told = ask(w, "ab");
  w.it.kill(w.it.tree().front_end_of(0));
  w.provider().talks.back()->finish("answer of m");
  w.it.run();
  CHECK(told->body == "ambm");
}

TEST_CASE("who wants it anew looks for nothing; what nobody may keep is not "
          "kept") {
  kept_world w;
  ask(w, "ab");
  asking anew;
  anew.parts = std::make_shared<plain_batch>("ab", /* look = */ false);
  w.it.submit("m", anew);
  CHECK(asked(w) == list{"all", "all"});
  asking quiet;
  quiet.parts = std::make_shared<plain_batch>("c", true, /* store = */ false);
  w.it.submit("m", quiet);
  CHECK(ask(w, "c")->answered());
  CHECK(w.provider().started == 4);
}

// -- over the shared store ----------------------------------------------------

TEST_CASE("parts go into the shared store, and come back out of it") {
  cache_settings cache;
  cache.l1_ttl = millis{500};
  kept_world w{cache, true};
  ask(w, "ab");
  REQUIRE(w.store.find("embeddings:me:a:1"));
  CHECK(w.store.has["embeddings:me:a:1"].end - w.it.now()
        == cache.ttl.embeddings + cache.stale_if_error);
  CHECK_FALSE(w.store.find("{embeddings:me:a:1}:claim"));
  w.it.advance(millis{600});
  CHECK(ask(w, "acb")->body == "amcmbm");
  CHECK(hits(w, "l2") == 2);
  CHECK(asked(w) == list{"all", "c"});
}

TEST_CASE("what another node fetches is waited for, and the rest is fetched "
          "meanwhile") {
  kept_world w{{}, true};
  w.claim_elsewhere("embeddings:me:a:1", millis{1'000});
  auto told = ask(w, "ab");
  CHECK(asked(w) == list{"b"});
  CHECK(told->finals == 0);
  // It dies: its part is fetched here when its lease is over.
  w.it.advance(millis{1'600});
  CHECK(told->body == "ambm");
  CHECK(asked(w) == list{"b", "a"});
}

TEST_CASE("without the store each part is a miss") {
  kept_world w{{}, true};
  w.store.down = true;
  CHECK(ask(w, "ab")->answered());
  CHECK(ask(w, "ab")->body == "ambm");
  CHECK(w.provider().started == 1);
}
