#include "actors/front_end.hpp"

#include "actors/telemetry/families.hpp"
#include "tests/support/world.hpp"

using namespace caisson;
using namespace caisson::testing;

namespace {

dependency_settings serving(std::string name) {
  auto result = dependency_named(std::move(name));
  result.retry.attempts = 1;
  result.timeout = millis{1'000};
  result.idle_timeout = millis{500};
  return result;
}

const std::vector<model_settings> chain{{"smart", {"a/big", "b/large"}}};
const asking streamed{millis{100'000}, true};

double streams_of_a(world& it, std::string how) {
  return it.count(families::stream_failovers, {"a", std::move(how)});
}

} // namespace

TEST_CASE("a stream that is cut in its middle goes on at the next target, "
          "which is told what the client has") {
  world it{{serving("a"), serving("b")}, chain};
  it.outside("a").script = {streams({"one ", "two "}, deed::end::fail)};
  it.outside("b").script = {streams({"three"})};
  auto told = it.submit("smart", streamed);
  CHECK(told->body == "one two three");
  CHECK(told->begun == 1);
  CHECK(told->how == reply::end::ended);
  REQUIRE(it.outside("b").talks.size() == 1);
  CHECK(it.outside("b").talks[0]->so_far == "one two ");
  CHECK(streams_of_a(it, "moved_on") == 1);
}

TEST_CASE("a stream that falls silent in its middle goes on as well") {
  world it{{serving("a"), serving("b")}, chain};
  it.outside("a").script = {streams({"one "}, deed::end::hang)};
  it.outside("b").script = {streams({"two"})};
  auto told = it.submit("smart", streamed);
  CHECK(told->how == reply::end::none);
  it.advance(millis{600});
  CHECK(told->body == "one two");
  CHECK(told->how == reply::end::ended);
}

TEST_CASE("a stream that is cut at the last target ends with its error") {
  world it{{serving("a"), serving("b")}, chain};
  it.outside("a").script = {streams({"one "}, deed::end::fail)};
  it.outside("b").script = {streams({"two"}, deed::end::fail)};
  auto told = it.submit("smart", streamed);
  CHECK(told->body == "one two");
  CHECK(told->failed_with(errc::llm_error));
  CHECK(it.count(families::stream_failovers, {"b", "ended"}) == 1);
}

TEST_CASE("a stream that goes on and fails before another word tries on") {
  auto models = chain;
  models[0].chain.push_back("c/huge");
  world it{{serving("a"), serving("b"), serving("c")}, models};
  it.outside("a").script = {streams({"one "}, deed::end::fail)};
  it.outside("b").otherwise = fails(failure_kind::server_error);
  it.outside("c").script = {streams({"two"})};
  auto told = it.submit("smart", streamed);
  CHECK(told->body == "one two");
  CHECK(told->how == reply::end::ended);
  CHECK(it.outside("c").talks[0]->so_far == "one ");
}

TEST_CASE("where streams must not move on, a cut one ends with its error") {
  auto models = chain;
  models[0].stream_failover = false;
  world it{{serving("a"), serving("b")}, models};
  it.outside("a").script = {streams({"one "}, deed::end::fail)};
  auto told = it.submit("smart", streamed);
  CHECK(told->failed_with(errc::llm_error));
  CHECK(it.outside("b").started == 0);
}

TEST_CASE("a stream whose worker crashes in its middle goes on") {
  world it{{serving("a"), serving("b")}, chain};
  it.outside("a").script = {streams({"one "}, deed::end::hang)};
  it.outside("b").script = {streams({"two"})};
  auto told = it.submit("smart", streamed);
  it.kill(it.place("a")->worker(0));
  CHECK(told->body == "one two");
  CHECK(told->how == reply::end::ended);
}

TEST_CASE("a stream that has grown too long to be kept does not move on") {
  world it{{serving("a"), serving("b")}, chain};
  std::string much(shared_reply::most_kept, 'x');
  it.outside("a").script = {streams({much, "y"}, deed::end::fail)};
  auto told = it.submit("smart", streamed);
  CHECK(told->failed_with(errc::llm_error));
  CHECK(told->body.size() == much.size() + 1);
  CHECK(it.outside("b").started == 0);
}

TEST_CASE("a client that leaves while its stream moves on is not served") {
  world it{{serving("a"), serving("b")}, chain};
  it.outside("a").script = {streams({"one "}, deed::end::fail)};
  it.outside("b").otherwise = hangs();
  auto told = it.submit("smart", streamed);
  CHECK(it.outside("b").running == 1);
  it.leave(told);
  CHECK(it.outside("b").running == 0);
  CHECK(it.outside("b").cancelled == 1);
}

TEST_CASE("a caller without it has a stream that is cut end with its error, "
          "and one that dies unseen moved on") {
  world it{{serving("a"), serving("b")}, chain};
  it.outside("a").script
    = {streams({"one ", "two "}, deed::end::fail), fails(failure_kind::reset)};
  it.outside("b").otherwise = streams({"three"});
  auto alone = streamed;
  alone.features.take_away(feature::stream_failover);
  auto told = it.submit("smart", alone);
  CHECK(told->body == "one two ");
  CHECK(told->how == reply::end::failed);
  CHECK(it.outside("b").started == 0);
  CHECK(it.submit("smart", alone)->body == "three");
}
