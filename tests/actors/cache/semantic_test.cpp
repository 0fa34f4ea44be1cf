#include "actors/cache/semantic.hpp"

#include "tests/actors/cache/kept_world.hpp"

// Answers to questions in other words (semantic.hpp; near.hpp, peek.hpp,
// embedder.hpp), in virtual time. What is near the tests say themselves.

using namespace caisson;
using namespace caisson::testing;
using kind = failure_kind;

namespace {

using numbers = std::vector<float>;

const std::string found = "semantic; similarity=1.00";
const numbers north{1, 0};
const numbers near_north{0.99f, 0.14f};
const numbers east{0, 1};

struct words final : near_order {
  words(std::string where, numbers vector) : vector(std::move(vector)) {
    context = std::move(where);
  }
  std::shared_ptr<const payload> question() const override {
    struct nothing final : payload {};
    return std::make_shared<nothing>();
  }
  numbers vector_in(std::string_view) const override { return vector; }
  bool suits(const cached_value& answer) const override {
    return !answer.data.starts_with("acts");
  }
  const numbers vector;
};

dependency_settings embeddings() {
  auto result = kept_world::serving("e");
  result.models = {"v"};
  result.breaker.failures = 2;
  return result;
}

cache_settings comparing() {
  cache_settings cache;
  cache.semantic.enabled = true;
  cache.semantic.embeddings = "e/v";
  cache.semantic.max_entries = 3;
  return cache;
}

/// A node with a provider, and one of embeddings.
struct near_world : kept_world {
  explicit near_world(cache_settings cache = comparing(), bool shared = false)
    : kept_world(cache, shared, serving("a"), {embeddings()}) {}

  static asking in_words(std::string text, numbers where,
                         std::string context = "c", asking how = {},
                         bool keep = true) {
    auto order = std::make_shared<plain_order>(std::move(text), true, keep);
    order->words
      = std::make_shared<words>(std::move(context), std::move(where));
    how.cached = std::move(order);
    return how;
  }

  template <class... More>
  reply_ptr say(std::string text, numbers where, More... more) {
    return it.submit(
      "m", in_words(std::move(text), std::move(where), std::move(more)...));
  }

  fake_dependency& maker() { return it.outside("e"); }
  double misses() {
    return it.count(families::cache_misses, {"semantic", "llm"});
  }
  double errors(std::string why) {
    return it.count(families::cache_errors, {"semantic", std::move(why)});
  }
  void forget_all(const cache_settings& cache) {
    it.tree().caches()->apply(cache, it.tree().dependencies());
    it.run();
  }
};

} // namespace

TEST_CASE("likeness is told in hundredths, rounded down") {
  CHECK(semantic_layer(0.8f) == "semantic; similarity=0.80");
  CHECK(semantic_layer(0.9599f) == "semantic; similarity=0.95");
  CHECK(semantic_layer(0.96f) == "semantic; similarity=0.96");
  CHECK(semantic_layer(0.9999f) == "semantic; similarity=0.99");
  CHECK(semantic_layer(1.0f) == "semantic; similarity=1.00");
  CHECK(semantic_layer(-1.0f) == "semantic; similarity=0.80");
}

TEST_CASE("a question in other words has the answer of the first") {
  near_world w;
  auto first = w.say("x", north);
  CHECK(first->cache.empty());
  auto second = w.say("y", near_north);
  CHECK(second->body == first->body);
  CHECK(second->cache == "semantic; similarity=0.99");
  CHECK(second->from == "a");
  CHECK(w.provider().started == 1);
  CHECK(w.maker().started == 2);
  CHECK(w.hits("semantic") == 1);
  CHECK(w.misses() == 1);
}

TEST_CASE("who asks the same again is answered by the exact cache, without a "
          "vector") {
  near_world w;
  w.say("x", north);
  auto again = w.say("x", north);
  CHECK(again->cache == "l1");
  CHECK(w.maker().started == 1);
}

TEST_CASE("what is not near enough, or in another context, is asked for") {
  near_world w;
  w.say("x", north);
  CHECK(w.say("y", east)->cache.empty());
  CHECK(w.say("z", north, "other")->cache.empty());
  CHECK(w.provider().started == 3);
  CHECK(w.hits("semantic") == 0);
}

TEST_CASE("an answer that was found stays the first question's own") {
  near_world w;
  w.say("x", north);
  w.say("y", near_north);
  w.say("y", near_north);
  CHECK(w.hits("semantic") == 2);
  CHECK(w.hits("l1") == 0);
}

TEST_CASE("without it nobody asks for a vector") {
  auto cache = comparing();
  cache.semantic.enabled = false;
  near_world w{cache};
  w.say("x", north);
  w.say("y", north);
  CHECK(w.maker().started == 0);
  CHECK(w.provider().started == 2);
  CHECK(w.it.record("semantic")->handled_ever() == 0);
}

TEST_CASE("questions for which other words would not do are not compared") {
  near_world w;
  w.ask("x");
  w.ask("y");
  CHECK(w.maker().started == 0);
}

TEST_CASE("an answer that acts is not told to who asked in other words") {
  near_world w;
  w.provider().script = {hangs()};
  w.say("x", north);
  w.provider().talks[0]->finish("acts");
  w.it.run();
  auto other = w.say("y", north);
  CHECK(other->cache.empty());
  CHECK(other->body == "answer of m");
}

TEST_CASE("an answer that is not kept is not found") {
  near_world w;
  w.provider().script = {hangs(), fails(kind::server_error)};
  w.say("x", north);
  w.provider().talks[0]->finish("half an answer");
  w.it.run();
  CHECK(w.say("y", north)->failed_with(errc::llm_error));
  w.say("z", north, "c", asking{}, false);
  CHECK(w.provider().started == 3);
  CHECK(w.say("u", north)->cache.empty());
  CHECK(w.provider().started == 4);
}

TEST_CASE("what was revoked, or has expired, is not found by other words") {
  auto cache = comparing();
  cache.l1_ttl = millis{1'000};
  near_world w{cache};
  w.say("x", north);
  w.forget("llm:me:x");
  CHECK(w.say("y", north)->cache.empty());
  CHECK(w.say("z", north)->cache == found);
  w.it.advance(millis{1'000});
  CHECK(w.say("z", north)->cache.empty());
  CHECK(w.provider().started == 3);
}

TEST_CASE("behind a nearest question whose answer has gone the next is found") {
  near_world w;
  w.say("x", near_north);
  w.say("y", east);
  w.say("z", numbers{0.7f, 0.7f});
  w.forget("llm:me:x");
  auto cache = comparing();
  cache.semantic.threshold = 0.8;
  w.forget_all(cache);
  auto next = w.say("u", numbers{0.99f, 0.3f});
  CHECK(next->cache == "semantic; similarity=0.88");
  CHECK(w.provider().started == 3);
}

TEST_CASE("an answer that only the shared store has is found") {
  auto cache = comparing();
  cache.l1_ttl = millis{1'000};
  near_world w{cache, true};
  w.say("x", north);
  w.it.advance(millis{2'000});
  CHECK(w.say("y", north)->cache == found);
  CHECK_FALSE(w.store.find("{llm:me:y:1}:claim"));
  CHECK_FALSE(w.store.find("{llm:me:x:1}:claim"));
  CHECK(w.provider().started == 1);
}

TEST_CASE("a store that says nothing holds nobody up beyond the time limit, "
          "and what it may have is not forgotten") {
  auto cache = comparing();
  cache.l1_ttl = millis{1'000};
  cache.semantic.timeout = millis{50};
  near_world w{cache, true};
  w.say("x", north);
  w.it.advance(millis{2'000});
  auto before = w.it.now();
  w.store.mute = true;
  auto asked = w.say("y", north);
  // The claim's question first, then the look: each has its limit.
  w.it.advance(millis{400});
  CHECK(asked->answered());
  CHECK(asked->when - before <= millis{200 + 50 + 60});
  w.store.mute = false;
  w.it.advance(millis{60'000});
  CHECK(w.say("z", north)->cache == found);
}

TEST_CASE("what is revoked while it is on its way from the store is not told "
          "to other words") {
  auto cache = comparing();
  cache.l1_ttl = millis{1'000};
  near_world w{cache, true};
  w.say("x", north);
  w.it.advance(millis{2'000});
  // As another node's word does; the store itself has forgotten nothing yet.
  w.store.looked_at = [&] {
    caf::anon_send(w.it.tree().caches()->shard(0),
                   cache_invalidated{"llm:me:", false, {}});
  };
  CHECK(w.say("y", north)->cache.empty());
  CHECK_FALSE(w.store.looked_at);
  CHECK(w.provider().started == 2);
}

TEST_CASE("those who wait for the same hear the same, and the claim is given "
          "back") {
  near_world w{comparing(), true};
  w.say("x", north);
  w.maker().script = {answers(millis{100})};
  auto one = w.say("y", north);
  auto two = w.say("y", north, "c", asking{.stream = true});
  w.it.advance(millis{150});
  CHECK(one->cache == found);
  CHECK(two->cache == found);
  CHECK(two->how == reply::end::ended);
  CHECK(w.maker().started == 2);
  CHECK(w.provider().started == 1);
  CHECK_FALSE(w.store.find("{llm:me:y:1}:claim"));
}

TEST_CASE("embeddings that fail are a miss, and an open breaker one at once") {
  near_world w;
  w.say("x", north);
  w.maker().otherwise = fails(kind::server_error);
  CHECK(w.say("y", north)->body == "answer of m");
  CHECK(w.say("z", north)->answered());
  CHECK(w.errors("failed") == 2);
  CHECK(w.say("u", north)->answered());
  CHECK(w.errors("refused") == 1);
  CHECK(w.maker().started == 3);
  CHECK(w.provider().started == 4);
}

TEST_CASE("embeddings that hang cost one request their time, others none, and "
          "the breaker nothing") {
  near_world w;
  w.maker().otherwise = hangs();
  auto before = w.it.now();
  auto slow = w.say("x", north);
  w.it.advance(millis{540});
  CHECK(slow->answered());
  CHECK(slow->when - before >= millis{500});
  CHECK(w.errors("late") == 1);
  CHECK(w.say("y", north)->answered());
  CHECK(w.errors("resting") == 1);
  CHECK(w.it.place("e")->state() == breaker_state::closed);
  w.it.advance(millis{1'000});
  w.maker().otherwise = answers();
  w.say("z", north);
  CHECK(w.say("u", north)->cache == found);
}

TEST_CASE("the request's own deadline is the shorter one") {
  near_world w;
  w.maker().otherwise = hangs();
  auto asked = w.say("x", north, "c", asking{.deadline = millis{200}});
  w.it.advance(millis{240});
  CHECK(asked->failed_with(errc::deadline_exceeded));
}

TEST_CASE("what is no vector is an error, and never compared") {
  near_world w;
  w.say("x", numbers{0, 0});
  w.say("y", numbers{});
  CHECK(w.errors("unreadable") == 2);
  CHECK(w.provider().started == 2);
}

TEST_CASE("who leaves while being compared leaves the lead to the next") {
  near_world w;
  w.maker().script = {hangs()};
  auto first = w.say("x", north);
  auto second = w.say("x", north);
  w.it.leave(first);
  w.it.advance(millis{600});
  CHECK(second->answered());
  CHECK(w.provider().started == 1);
}

TEST_CASE("S4: a crash of those who compare, of the shard or of the worker is "
          "a miss") {
  near_world w;
  w.say("x", north);
  w.maker().script = {hangs(), hangs(), crashes()};
  auto one = w.say("y", north);
  w.it.kill(w.it.tree().caches()->semantic());
  CHECK(one->answered());
  CHECK(w.it.record("semantic")->restarts == 1);
  auto two = w.say("z", north);
  w.it.kill(w.it.tree().caches()->shard(0));
  w.it.advance(millis{600});
  CHECK(two->answered());
  w.it.advance(millis{1'000});
  CHECK(w.say("u", north)->answered());
}

TEST_CASE("the bound on questions holds, and who goes is counted") {
  near_world w;
  for (auto text : {"1", "2", "3", "4"})
    w.say(text, north, std::string{"context "} + text);
  CHECK(w.it.count(families::cache_evictions, {"semantic", "lru"}) == 1);
  CHECK(w.say("5", north, std::string{"context 1"})->cache.empty());
  CHECK(w.say("6", north, std::string{"context 4"})->cache == found);
  CHECK(w.it.tree().caches()->of_semantic().bytes > 0);
}

TEST_CASE("a reload changes the threshold at once; other vectors forget") {
  near_world w;
  w.say("x", north);
  auto cache = comparing();
  cache.semantic.threshold = 0.999;
  w.forget_all(cache);
  CHECK(w.say("y", near_north)->cache.empty());
  cache.semantic.embeddings = "e/w";
  w.forget_all(cache);
  CHECK(w.say("z", north)->cache.empty());
  CHECK(w.maker().talks.back()->model == "w");
  CHECK(w.say("u", north)->cache == found);
  cache.semantic.enabled = false;
  w.forget_all(cache);
  auto asked = w.maker().started;
  CHECK(w.say("v", north)->cache.empty());
  CHECK(w.maker().started == asked);
}
