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
  auto asker = s.w.system().spawn(
    [out, what, whom = s.actor](caf::event_based_actor* self) {
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

TEST_CASE("whether a correction has come is told, too") {
  stage s;
  auto a = s.join("a");
  a.heard->answer.verdict = static_cast<std::uint8_t>(quota_verdict::noted);
  quota_change x;
  x.name = "self";
  x.used = {7};
  auto out = ask(s, quota_notice{"a", x});
  REQUIRE(a.heard->changes.size() == 1);
  CHECK(a.heard->changes[0].used.front() == 7);
  REQUIRE(out->said);
  CHECK(out->said->verdict == a.heard->answer.verdict);
  auto nobody = ask(s, quota_notice{"b", x});
  REQUIRE(nobody->said);
  CHECK(nobody->said->verdict
        == static_cast<std::uint8_t>(quota_verdict::not_mine));
}

TEST_CASE("a recall goes to all who are linked") {
  stage s;
  auto a = s.join("a");
  auto b = s.join("b");
  s.send(quota_call{quota_recall{quota_version, "self", 3, 4, {}}});
  REQUIRE(a.heard->recalls.size() == 1);
  REQUIRE(b.heard->recalls.size() == 1);
  CHECK(b.heard->recalls[0].low == 4);
}

TEST_CASE("a peer's question is for the limiter of that client, and nobody who "
          "is not who it says it is has one") {
  stage s;
  auto a = s.join("a");
  s.say(a, question("b"));
  s.say(a, quota_change{quota_version, "b"});
  CHECK(s.w.count(families::cluster_messages, {"stranger"}) == 2);
  CHECK(s.w.count(families::cluster_messages, {"quota"}) == 0);
}

TEST_CASE("what a peer asks, corrects and recalls comes to the limiter") {
  stage s;
  auto a = s.join("a");
  std::vector<std::string> heard;
  s.keeper = s.w.system().spawn(
    [&heard](quota_keeper_actor::pointer) -> quota_keeper_actor::behavior_type {
      return {
        [&](const quota_question& x) {
          heard.push_back("asked by " + x.name);
          quota_answer said;
          said.units = 3;
          return said;
        },
        [&](const quota_change& x) {
          heard.push_back("corrected by " + x.name);
          return quota_answer{};
        },
        [&](const quota_recall& x) {
          heard.push_back("recalled by " + x.name);
        },
      };
    });
  s.say(a, question("a"));
  quota_change change;
  change.name = "a";
  s.say(a, change);
  quota_recall recall;
  recall.name = "a";
  s.say(a, recall);
  CHECK(heard
        == std::vector<std::string>{"asked by a", "corrected by a",
                                    "recalled by a"});
  CHECK(s.w.count(families::cluster_messages, {"quota"}) == 3);
  s.w.kill(s.keeper);
  s.keeper = quota_keeper_actor{};
}
