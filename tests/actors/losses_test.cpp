#include "actors/front_end.hpp"

#include "tests/support/world.hpp"

using namespace caisson;
using namespace caisson::testing;

namespace {

dependency_settings serving(std::string name) {
  auto result = dependency_named(std::move(name));
  result.retry.attempts = 1;
  return result;
}

const asking poison{millis{100'000}, false, true, false, 0, 13};

} // namespace

TEST_CASE("a call that is lost with its worker is made again, and its client "
          "does not notice") {
  world it{{serving("a")}};
  it.outside("a").script = {hangs()};
  auto told = it.submit("m");
  it.kill(it.place("a")->worker(0));
  CHECK(told->how == reply::end::none);
  it.advance(millis{100});
  CHECK(told->body == "answer of m");
}

TEST_CASE("a call with effects that is lost with its worker is not made "
          "again") {
  world it{{serving("a")}};
  it.outside("a").script = {hangs()};
  auto told = it.submit("m", {millis{100'000}, false, false});
  it.kill(it.place("a")->worker(0));
  it.advance(millis{100});
  CHECK(told->failed_with(errc::unexpected));
  CHECK(it.outside("a").started == 1);
}

TEST_CASE("a call that is lost too late to be made again is answered at once, "
          "not at its deadline") {
  world it{{serving("a")}};
  it.outside("a").script = {hangs()};
  auto told = it.submit("m", {millis{100}});
  it.advance(millis{70});
  it.kill(it.place("a")->worker(0));
  CHECK(told->failed_with(errc::unexpected));
  CHECK(it.outside("a").started == 1);
}

TEST_CASE("a lost call whose turn comes after its deadline waits for no "
          "place") {
  auto settings = serving("a");
  settings.bulkhead.concurrency = 1;
  world it{{settings}};
  it.outside("a").otherwise = hangs();
  auto first = it.submit("m");
  it.kill(it.place("a")->worker(0));
  it.advance(millis{10});
  // The front end looks every 20 ms: what is due at 50 comes at 60.
  auto told = it.submit("m", {millis{45}});
  it.kill(it.place("a")->worker(0));
  it.advance(millis{40});
  CHECK(first->how == reply::end::none); // it has the only place again
  CHECK(told->how == reply::end::none);
  it.advance(millis{10});
  CHECK(told->failed_with(errc::deadline_exceeded));
  CHECK(it.place("a")->bulkhead().waiting() == 0);
  it.leave(first);
}

TEST_CASE("a request that crashes three workers is answered and set aside") {
  world it{{serving("a")}};
  it.outside("a").deadly = poison.words;
  auto told = it.submit("m", poison);
  it.advance(millis{500});
  CHECK(told->failed_with(errc::unexpected));
  CHECK(it.outside("a").started == 3);
  CHECK(it.ends.empty()); // within the restart intensity
  SECTION("the next of the same words reaches no worker") {
    auto again = it.submit("m", poison);
    CHECK(again->failed_with(errc::unexpected));
    CHECK(it.outside("a").started == 3);
  }
  SECTION("other words are answered") {
    auto other = poison;
    other.words = 14;
    CHECK(it.submit("m", other)->body == "answer of m");
  }
}

TEST_CASE("who was in the same worker as a poisonous request is not blamed") {
  world it{{serving("a")}};
  it.outside("a").script = {hangs()};
  it.outside("a").deadly = poison.words;
  auto bystander = poison;
  bystander.words = 14;
  auto innocent = it.submit("m", bystander);
  auto guilty = it.submit("m", poison);
  it.advance(millis{1'000});
  CHECK(innocent->answered());
  CHECK(guilty->how == reply::end::failed);
  CHECK(it.submit("m", bystander)->answered());
}

TEST_CASE("who is answered or fails in a worker's hands is not blamed for a "
          "crash") {
  world it{{serving("a")}};
  auto asked = poison;                  // no worker dies of it here
  it.outside("a").script = {crashes()}; // from now on crashes are looked for
  it.advance(millis{10});
  CHECK(it.submit("m")->how == reply::end::none);
  it.advance(millis{500});
  for (int i = 0; i < 4; ++i)
    CHECK(it.submit("m", asked)->answered());
  it.outside("a").otherwise = fails(failure_kind::server_error);
  for (int i = 0; i < 4; ++i)
    CHECK(it.submit("m", asked)->failed_with(errc::llm_error));
  CHECK(it.outside("a").started == 10);
}

TEST_CASE("a crash counts against a request whichever of its lanes it was") {
  model_settings model{"smart", {"a/m", "b/m"}};
  model.hedge = hedge_rule{millis{100}};
  world it{{serving("a"), serving("b")}, {model}};
  it.outside("a").otherwise = hangs();
  it.outside("b").deadly = poison.words;
  for (int i = 0; i < 2; ++i) {
    auto told = it.submit("smart", poison);
    it.advance(millis{150});
    CHECK(told->how == reply::end::none); // the first target may still do it
    it.leave(told);
  }
  auto third = it.submit("smart", poison);
  it.advance(millis{150});
  CHECK(third->failed_with(errc::unexpected));
  CHECK(it.outside("a").running == 0);
  auto fourth = it.submit("smart", poison);
  it.advance(millis{150});
  CHECK(fourth->failed_with(errc::unexpected));
  CHECK(it.outside("a").started == 3);
  CHECK(it.outside("b").started == 3);
}

TEST_CASE("one that waits for its next turn is not tried when its like has "
          "been set aside meanwhile") {
  world it{{serving("a")}};
  it.outside("a").deadly = poison.words;
  auto told = it.submit("m", poison);
  it.advance(millis{60});
  auto same = it.submit("m", poison);
  it.advance(millis{500});
  CHECK(told->failed_with(errc::unexpected));
  CHECK(same->failed_with(errc::unexpected));
  CHECK(it.outside("a").started == 3);
}
