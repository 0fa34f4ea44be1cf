#include "actors/cluster/quota_errands.hpp"

#include <caf/event_based_actor.hpp>

#include "actors/telemetry/families.hpp"
#include "tests/actors/cluster/stage.hpp"

using namespace caisson;
using namespace caisson::testing;
using namespace std::chrono_literals;

namespace {

quota_question question(std::string by) {
  quota_question x;
  x.name = std::move(by);
  x.high = 3;
  x.low = 4;
  return x;
}

/// What a question came to.
struct outcome {
  std::optional<quota_answer> said;
  bool failed = false;
};

template <class Question>
std::shared_ptr<outcome> ask(stage& s, const Question& what) {
  auto out = std::make_shared<outcome>();
  auto asker = s.w.system().spawn([out, what, whom = s.actor](
                                    caf::event_based_actor* self) {
    self->request(whom, caf::infinite, what)
      .then([out](const quota_answer& x) { out->said = x; },
            [out](const caf::error&) { out->failed = true; });
  });
  s.w.run();
  return out;
}

} // namespace

TEST_CASE("a question goes to the node it is for, and its answer comes back") {
  stage s;
  auto a = s.join("a");
  a.heard->answer.units = 5;
  auto out = ask(s, quota_errand{"a", question("self")});
  REQUIRE(a.heard->quotas.size() == 1);
  CHECK(a.heard->quotas[0].name == "self");
  CHECK(a.heard->quotas[0].low == 4);
  REQUIRE(out->said);
  CHECK(out->said->units == 5);
}

TEST_CASE("who is not linked keeps nothing, and that is said at once") {
  stage s;
  auto out = ask(s, quota_errand{"a", question("self")});
  REQUIRE(out->said);
  CHECK(out->said->verdict
        == static_cast<std::uint8_t>(quota_verdict::not_mine));
  s.send(quota_notice{"a", {}});
}

TEST_CASE("who is asked and says nothing is waited for 40 ms") {
  stage s;
  auto a = s.join("a");
  a.heard->mute = true;
  auto out = ask(s, quota_errand{"a", question("self")});
  s.w.advance(30ms);
  CHECK_FALSE(out->failed);
  s.w.advance(10ms);
  CHECK(out->failed);
}

TEST_CASE("corrections go one way") {
  stage s;
  auto a = s.join("a");
  quota_change x;
  x.name = "self";
  x.used = {7};
  s.send(quota_notice{"a", x});
  REQUIRE(a.heard->changes.size() == 1);
  CHECK(a.heard->changes[0].used.front() == 7);
}

TEST_CASE("a peer's question is for the limiter of that client, and nobody who "
          "is not who it says it is has one") {
  stage s;
  auto a = s.join("a");
  s.say(a, question("b"));
  s.say(a, quota_change{quota_version, "b"});
  CHECK(s.w.count(families::cluster_messages, {"stranger"}) == 2);
  s.say(a, question("a"));
  CHECK(s.w.count(families::cluster_messages, {"quota"}) == 0);
}
