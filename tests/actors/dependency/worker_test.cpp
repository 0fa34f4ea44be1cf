#include "actors/dependency/worker.hpp"

#include "actors/dependency/attempt_metrics.hpp"

#include "actors/telemetry/families.hpp"
#include "tests/support/world.hpp"

using namespace caisson;
using namespace caisson::testing;
using kind = failure_kind;

namespace {

dependency_settings patient() {
  auto result = dependency_named("a");
  result.timeout = millis{1'000};
  result.idle_timeout = millis{500};
  result.connect_timeout = millis{300};
  return result;
}

} // namespace

TEST_CASE("a call is made and its answer handed on") {
  world it{{patient()}};
  auto told = it.submit("m");
  CHECK(told->answered());
  CHECK(told->body == "answer of m");
  CHECK(told->from == "a");
  CHECK(told->attempts == 1);
  CHECK(it.outside("a").started == 1);
  CHECK(it.count(families::breaker_successes, {"a"}) == 1);
  CHECK(it.count(families::llm_requests, {"a", "m", "ok"}) == 1);
}

TEST_CASE("an attempt has until the connect timeout to connect, or the "
          "deadline") {
  world it{{patient()}};
  auto begin = it.now();
  it.submit("m");
  it.submit("m", {.deadline = millis{200}});
  CHECK(it.outside("a").talks[0]->what.connect_by == begin + millis{300});
  CHECK(it.outside("a").talks[1]->what.connect_by == begin + millis{200});
}

TEST_CASE("an attempt that is silent past its timeout is cut off and tried "
          "again") {
  world it{{patient()}};
  it.outside("a").script = {hangs()};
  auto told = it.submit("m");
  it.advance(millis{990});
  CHECK(it.outside("a").cancelled == 0);
  it.advance(millis{40});
  CHECK(it.outside("a").cancelled == 1);
  CHECK(it.place("a")->bulkhead().in_flight() == 0);
  it.advance(millis{1'030});
  CHECK(told->answered());
  CHECK(told->attempts == 2);
  CHECK(it.count(families::timeout_violations, {"a", "first_byte"}) == 1);
  CHECK(it.count(families::breaker_failures, {"a", "first_byte_timeout"}) == 1);
  CHECK(it.count(families::retry_attempts, {"a", "2", "first_byte_timeout"})
        == 1);
  CHECK(it.count(families::retry_success, {"a"}) == 1);
}

TEST_CASE("a reply that has begun and does not end in time is late with its "
          "body") {
  world it{{patient()}};
  it.outside("a").script = {hangs()};
  it.submit("m");
  it.outside("a").talks[0]->answering = true;
  it.advance(millis{1'030});
  CHECK(it.count(families::timeout_violations, {"a", "body"}) == 1);
  CHECK(it.count(families::timeout_violations, {"a", "first_byte"}) == 0);
}

TEST_CASE("a stream lives as long as it speaks, and no longer than the idle "
          "timeout after its last word") {
  world it{{patient()}};
  it.outside("a").script
    = {streams({"1", "2", "3", "4", "5"}, deed::end::hang, millis{400})};
  auto told = it.submit("m", {.stream = true});
  it.advance(millis{6 * 400 + 480});
  CHECK(told->body == "12345");
  CHECK(told->how == reply::end::none);
  it.advance(millis{50});
  CHECK(told->failed_with(errc::llm_timeout));
  CHECK(told->why.kind == kind::idle_timeout);
  CHECK(it.outside("a").cancelled == 1);
  CHECK(it.outside("a").started == 1);
  CHECK(it.count(families::timeout_violations, {"a", "idle"}) == 1);
}

TEST_CASE("a silence that a slow client makes is not the dependency's") {
  world it{{patient()}};
  it.outside("a").script = {streams({"1"}, deed::end::hang, millis{10})};
  auto told = it.submit("m", {.stream = true});
  it.advance(millis{100});
  it.outside("a").talks[0]->held_back = true;
  it.advance(millis{2'000});
  CHECK(told->how == reply::end::none);
  it.outside("a").talks[0]->held_back = false;
  it.advance(millis{1'100});
  CHECK(told->why.kind == kind::idle_timeout);
}

TEST_CASE("a stream that ends well is begun once and ended once") {
  world it{{patient()}};
  it.outside("a").script = {streams({"a", "b"}, deed::end::answer, millis{50})};
  auto told = it.submit("m", {.stream = true});
  it.advance(millis{300});
  CHECK(told->how == reply::end::ended);
  CHECK(told->begun == 1);
  CHECK(told->body == "ab");
  CHECK(it.outside("a").cancelled == 0);
}

TEST_CASE("R7: a stream that dies in the middle is not tried again") {
  world it{{patient()}};
  it.outside("a").script = {streams({"x"}, deed::end::fail)};
  auto told = it.submit("m", {.stream = true});
  it.advance(millis{5'000});
  CHECK(told->how == reply::end::failed);
  CHECK(told->body == "x");
  CHECK(it.outside("a").started == 1);
}

TEST_CASE("at the deadline the client is told and the attempt is cut off") {
  world it{{patient()}};
  it.outside("a").otherwise = hangs();
  auto began = it.now();
  auto told = it.submit("m", {.deadline = millis{600}});
  it.advance(millis{700});
  CHECK(told->failed_with(errc::deadline_exceeded));
  CHECK(told->when - began >= millis{600});
  CHECK(told->when - began <= millis{650});
  CHECK(it.outside("a").cancelled == 1);
}

TEST_CASE("a deadline counts against the dependency only if it had all the "
          "time that the node gives") {
  auto settings = patient();
  settings.breaker.failures = 1;
  world it{{settings}};
  it.outside("a").otherwise = hangs();
  SECTION("it had") {
    it.submit("m", {.deadline = millis{600}});
    it.advance(millis{700});
    CHECK(it.place("a")->state() == breaker_state::open);
  }
  SECTION("the client was in a hurry") {
    it.submit("m", {.deadline = millis{600}, .hurried = true});
    it.advance(millis{700});
    CHECK(it.count(families::timeout_violations, {"a", "request"}) == 1);
    CHECK(it.place("a")->state() == breaker_state::closed);
  }
}

TEST_CASE("R4: an attempt whose time has come after the deadline is not "
          "made") {
  world it{{patient()}};
  auto told = it.submit("m", {.deadline = millis{0}});
  it.advance(millis{50});
  CHECK(told->failed_with(errc::deadline_exceeded));
  CHECK(it.outside("a").started == 0);
}

TEST_CASE("R9: a client that leaves cancels its attempt at once") {
  world it{{patient()}};
  it.outside("a").otherwise = hangs();
  auto told = it.submit("m");
  CHECK(it.outside("a").running == 1);
  it.leave(told);
  CHECK(it.outside("a").running == 0);
  CHECK(it.outside("a").cancelled == 1);
  CHECK(it.place("a")->bulkhead().in_flight() == 0);
  CHECK(told->how == reply::end::guarded);
  CHECK(it.count(families::cancellations, {"a"}) == 1);
  it.advance(millis{2'000});
  CHECK(it.outside("a").started == 1);
  CHECK(it.place("a")->state() == breaker_state::closed);
}

TEST_CASE("R9: a client that leaves during a back-off stops the retry") {
  world it{{patient()}};
  it.outside("a").script = {fails(kind::server_error)};
  auto told = it.submit("m");
  it.advance(millis{500});
  it.leave(told);
  it.advance(millis{3'000});
  CHECK(it.outside("a").started == 1);
}

TEST_CASE("a client that leaves does not touch the calls of others") {
  world it{{patient()}};
  it.outside("a").otherwise = hangs();
  auto one = it.submit("m");
  auto other = it.submit("m");
  it.leave(one);
  it.outside("a").talks[1]->finish("hello");
  it.run();
  CHECK(other->body == "hello");
}

TEST_CASE("a job is cancelled by its identity, not by a number that an earlier "
          "worker gave it") {
  world it{{patient()}};
  it.outside("a").script = {hangs()};
  auto told = it.submit("m");
  auto foreign
    = std::make_shared<job>(job::order{it.tree().front_end_of(0),
                                       99,
                                       std::make_shared<const call>(),
                                       nullptr,
                                       it.place("a"),
                                       "m",
                                       false,
                                       0,
                                       {}});
  foreign->running_as = 1;
  caf::anon_send(it.place("a")->worker(0), job_cancelled{foreign});
  it.run();
  CHECK(it.outside("a").running == 1);
  CHECK(told->how == reply::end::none);
}

TEST_CASE("a retry waits its back-off without a place") {
  auto settings = patient();
  settings.bulkhead.concurrency = 1;
  world it{{settings}};
  it.outside("a").script = {fails(kind::server_error)};
  auto first = it.submit("m");
  CHECK(it.place("a")->bulkhead().in_flight() == 0);
  auto second = it.submit("m");
  CHECK(second->answered());
  CHECK(first->how == reply::end::none);
  it.advance(millis{990});
  CHECK(it.outside("a").started == 2);
  it.advance(millis{40});
  CHECK(first->answered());
}

TEST_CASE("R1: what is exhausted reports its last cause and all attempts") {
  world it{{patient()}};
  it.outside("a").script
    = {fails(kind::reset), fails(kind::eof), fails(kind::server_error)};
  auto told = it.submit("m");
  it.advance(millis{3'100});
  CHECK(told->how == reply::end::failed);
  CHECK(told->why.kind == kind::server_error);
  CHECK(told->why.dependency == "a");
  CHECK(told->attempts == 3);
  CHECK(it.outside("a").started == 3);
  CHECK(it.count(families::retry_exhausted, {"a"}) == 1);
}

TEST_CASE("a retry that finds all places taken and the queue full reports "
          "the first failure") {
  auto settings = patient();
  settings.bulkhead.concurrency = 1;
  settings.bulkhead.queue = 0;
  settings.timeout = millis{60'000};
  world it{{settings}};
  it.outside("a").script = {fails(kind::reset), hangs()};
  auto told = it.submit("m");
  it.submit("m"); // holds the only place
  it.advance(millis{1'050});
  CHECK(told->how == reply::end::failed);
  CHECK(told->why.kind == kind::reset);
}

TEST_CASE("a retry that waits too long for a place reports the first failure") {
  auto settings = patient();
  settings.bulkhead = {1, 1, millis{300}};
  settings.timeout = millis{60'000};
  world it{{settings}};
  it.outside("a").script = {fails(kind::reset), hangs()};
  auto told = it.submit("m");
  it.submit("m"); // holds the only place
  it.advance(millis{1'200});
  CHECK(told->how == reply::end::none);
  it.advance(millis{200});
  CHECK(told->how == reply::end::failed);
  CHECK(told->why.kind == kind::reset);
}

TEST_CASE("S4: when a worker crashes each of its calls is answered exactly "
          "once and its places come back") {
  world it{{patient()}};
  it.outside("a").script = {hangs(), hangs(), hangs(), crashes()};
  asking once;
  once.idempotent = false; // else they would be made again
  std::vector<reply_ptr> all{it.submit("m", once), it.submit("m", once),
                             it.submit("m", once)};
  auto fatal = it.send("m", once);
  auto behind = it.send("m", once); // in the mailbox of the one that dies
  it.run();
  all.push_back(fatal);
  all.push_back(behind);
  for (auto& x : all) {
    INFO(x->id);
    CHECK(x->finals == 1);
    CHECK(x->failed_with(errc::unexpected));
    CHECK(x->why.kind == kind::crash);
  }
  CHECK(it.place("a")->bulkhead().in_flight() == 0);
  CHECK(it.outside("a").cancelled == 3);
  CHECK(it.log.has("actor crashed: a bug in the port"));
  CHECK(it.submit("m")->answered());
  CHECK(it.record("a/worker-0")->restarts == 1);
}

TEST_CASE("R7: a stream that loses its worker in the middle and may not move "
          "on is ended, never begun again elsewhere") {
  auto other = dependency_named("b");
  model_settings chain{"chain", {"a/m", "b/m"}};
  chain.stream_failover = false;
  world it{{patient(), other}, {chain}};
  it.outside("a").script = {streams({"half"}, deed::end::hang)};
  auto told = it.submit("chain", {.stream = true});
  REQUIRE(told->begun == 1);
  it.kill(it.place("a")->worker(0));
  CHECK(told->how == reply::end::failed);
  CHECK(told->begun == 1);
  CHECK(told->body == "half");
  CHECK(it.outside("b").started == 0);
}

TEST_CASE("news of an earlier attempt are ignored") {
  world it{{patient()}};
  it.outside("a").script = {fails(kind::server_error), hangs()};
  auto told = it.submit("m");
  it.advance(millis{1'050});
  REQUIRE(it.outside("a").started == 2);
  auto worker = it.place("a")->worker(0);
  for (auto what : {attempt_event::kind::started, attempt_event::kind::finished,
                    attempt_event::kind::failed})
    caf::anon_send(worker, attempt_event{1, 1, what, own("old"), {}, {}});
  it.run();
  CHECK(told->how == reply::end::none);
  CHECK(told->begun == 0);
  CHECK(it.outside("a").running == 1);
  it.outside("a").talks[1]->finish("new");
  it.run();
  CHECK(told->body == "new");
}

TEST_CASE("answers to questions that nobody asked are ignored") {
  world it{{patient()}};
  it.outside("a").script = {hangs()};
  auto told = it.submit("m");
  auto worker = it.place("a")->worker(0);
  caf::anon_send(worker, retry_verdict{1, millis{0}});
  caf::anon_send(worker, admission{1, nullptr, {}});
  caf::anon_send(worker, retry_verdict{77, std::nullopt});
  it.advance(millis{100});
  CHECK(told->how == reply::end::none);
  CHECK(it.outside("a").started == 1);
  CHECK(it.outside("a").running == 1);
}

TEST_CASE("new settings make a new port and leave running attempts alone") {
  auto settings = patient();
  world it{{settings}};
  it.outside("a").script = {hangs()};
  auto told = it.submit("m");
  settings.url = "http://elsewhere";
  settings.timeout = millis{5'000};
  it.apply({settings});
  CHECK(it.outside("a").url == "http://elsewhere");
  CHECK(it.outside("a").ports_made == 2);
  it.outside("a").talks[0]->finish("still here");
  it.run();
  CHECK(told->body == "still here");
  it.outside("a").script = {hangs()};
  it.submit("m");
  it.advance(millis{4'000});
  CHECK(it.outside("a").cancelled == 0);
}

TEST_CASE("a model that the config does not list is counted as `other`") {
  world it{{patient()}};
  CHECK(it.submit("a/surprise")->body == "answer of surprise");
  CHECK(it.count(families::llm_requests, {"a", "other", "ok"}) == 1);
}
