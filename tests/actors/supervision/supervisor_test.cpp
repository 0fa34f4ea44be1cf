#include "actors/supervision/supervisor.hpp"

#include "actors/supervision/children.hpp"
#include "actors/supervision/resident.hpp"
#include "tests/support/world.hpp"

using namespace caisson;
using namespace caisson::testing;

namespace {

/// A supervisor above children that do nothing but live and are noted as they
/// start and end.
struct family {
  world it;
  std::vector<std::string> story;
  std::map<std::string, caf::strong_actor_ptr> living;
  std::vector<caf::error> ends;
  record_ptr place = it.home()->census->enrol("parent", nullptr);
  supervisor_actor parent;

  child_spec child(std::string name,
                   restart_kind kind = restart_kind::permanent) {
    return {name, kind, [this, name](record_ptr where) {
              auto who = start_supervisor(it.home(), where, {});
              story.push_back("+" + name);
              who->attach_functor(
                [this, name] { story.push_back("-" + name); });
              living[name] = caf::actor_cast<caf::strong_actor_ptr>(who);
              return living[name];
            }};
  }

  void start(std::vector<child_spec> specs, restart_intensity limit = {}) {
    parent = start_supervisor(it.home(), place, {limit, std::move(specs)});
    parent->attach_functor(
      [this](const caf::error& why) { ends.push_back(why); });
    it.run();
    story.clear();
  }

  void end(const std::string& name, caf::exit_reason why) {
    caf::anon_send_exit(living.at(name), why);
    it.run();
  }

  void crash(const std::string& name) { end(name, caf::exit_reason::kill); }

  ~family() {
    caf::anon_send_exit(parent, caf::exit_reason::user_shutdown);
    it.run();
    living.clear();
  }
};

using words = std::vector<std::string>;

} // namespace

TEST_CASE("children start in order and stop in reverse") {
  family all;
  all.start({all.child("a"), all.child("b"), all.child("c")});
  caf::anon_send_exit(all.parent, caf::exit_reason::user_shutdown);
  all.it.run();
  CHECK(all.story == words{"-c", "-b", "-a"});
  CHECK(all.ends.size() == 1);
  CHECK_FALSE(all.place->alive);
}

TEST_CASE("a child that ends is restarted alone, in its own place") {
  family all;
  all.start({all.child("a"), all.child("b"), all.child("c")});
  auto place = all.it.record("b");
  auto before = all.living["b"];
  all.crash("b");
  CHECK(all.story == words{"-b", "+b"});
  CHECK(all.living["b"] != before);
  CHECK(all.it.record("b") == place);
  CHECK(place->restarts == 1);
  CHECK(place->alive);
  CHECK(all.it.log.has("child b ended, restarting it"));
}

TEST_CASE("S1: one end too many within the window takes the family down, "
          "once") {
  family all;
  all.start({all.child("a"), all.child("b")}, {3, millis{5'000}});
  for (int i = 0; i < 3; ++i)
    all.crash(i % 2 ? "a" : "b");
  CHECK(all.ends.empty());
  all.crash("a");
  REQUIRE(all.ends.size() == 1);
  CHECK(all.ends.front() == caf::sec::runtime_error);
  CHECK(all.place->escalations == 1);
  CHECK(all.it.record("a") == nullptr);
  CHECK(all.it.record("b") == nullptr);
  CHECK(all.story.back() == "-b");
  CHECK(all.it.log.has("child a ended, too often: escalating"));
}

TEST_CASE("S1: the same ends, further apart, do not") {
  family all;
  all.start({all.child("a")}, {3, millis{5'000}});
  for (int i = 0; i < 20; ++i) {
    all.crash("a");
    all.it.advance(millis{1'700});
  }
  CHECK(all.ends.empty());
  CHECK(all.it.record("a")->restarts == 20);
}

TEST_CASE("S2: an escalation is the parent's to answer: it restarts the whole "
          "family below") {
  family all;
  child_spec family_below{
    "below", restart_kind::permanent, [&](record_ptr where) {
      all.story.push_back("+below");
      return caf::actor_cast<caf::strong_actor_ptr>(start_supervisor(
        all.it.home(), where, {{1, millis{5'000}}, {all.child("leaf")}}));
    }};
  all.start({family_below, all.child("other")});
  all.crash("leaf");
  CHECK(all.story == words{"-leaf", "+leaf"});
  all.story.clear();
  all.crash("leaf");
  CHECK(all.story == words{"-leaf", "+below", "+leaf"});
  CHECK(all.it.record("below")->restarts == 1);
  CHECK(all.it.record("below")->escalations == 1);
  CHECK(all.it.record("other")->restarts == 0);
}

TEST_CASE("a transient child that ends normally is forgotten with its place; "
          "one that crashes comes back") {
  family all;
  all.start({all.child("a", restart_kind::transient),
             all.child("b", restart_kind::transient)});
  all.end("a", caf::exit_reason::user_shutdown);
  CHECK(all.story == words{"-a"});
  CHECK(all.it.record("a") == nullptr);
  all.crash("b");
  CHECK(all.it.record("b")->alive);
  CHECK(all.ends.empty());
}

TEST_CASE("a temporary child never comes back") {
  family all;
  all.start({all.child("a", restart_kind::temporary)});
  all.crash("a");
  CHECK(all.story == words{"-a"});
  CHECK(all.it.record("a") == nullptr);
}

TEST_CASE("a supervisor takes one more child while it runs, last in order") {
  family all;
  all.start({all.child("a")});
  caf::anon_send(all.parent, child_spec_ptr{std::make_shared<const child_spec>(
                               all.child("late"))});
  all.it.run();
  all.crash("late");
  CHECK(all.story == words{"+late", "-late", "+late"});
  caf::anon_send_exit(all.parent, caf::exit_reason::user_shutdown);
  all.it.run();
  CHECK(all.story == words{"+late", "-late", "+late", "-late", "-a"});
}

TEST_CASE("a supervisor that is killed takes its children with it") {
  family all;
  all.start({all.child("a"), all.child("b")});
  all.it.kill(all.parent);
  CHECK(all.story.size() == 2);
  CHECK(all.it.record("a") == nullptr);
}

TEST_CASE("a place is free before anybody hears that who lived there has "
          "ended") {
  family all;
  all.start({all.child("a")});
  auto place = all.it.record("a");
  CHECK(place->alive);
  std::vector<bool> heard;
  // The last to ask is the first to hear.
  all.living.at("a")->get()->attach_functor(
    [&] { heard.push_back(place->alive); });
  all.crash("a");
  CHECK(heard == std::vector{false});
  CHECK(place->alive); // the next one
}

TEST_CASE("a place counts what comes in and goes out of its mailbox, also when "
          "somebody dies there") {
  world it{{dependency_named("a")}};
  auto balanced = [&](std::string_view name) {
    auto place = it.record(name);
    INFO(name << ' ' << place->arrived << ' ' << place->handled);
    CHECK(place->arrived > 0);
    CHECK(place->arrived == place->handled);
  };
  it.submit("m");
  it.advance(millis{100});
  balanced("a");
  balanced("a/worker-0");
  balanced("front_end-0");
  // Before it has begun to live it has mail already.
  it.kill(it.tree().front_end_of(0));
  it.outside("a").script = {hangs()};
  it.submit("m");
  auto dead = it.place("a")->worker(0);
  it.kill(dead);
  // To the dead one: its own clock, and somebody who still has its address.
  caf::anon_send(dead, sweep_atom::value);
  it.submit("m");
  it.advance(millis{100});
  balanced("a/worker-0");
  balanced("front_end-0");
}

TEST_CASE("an exception of any kind ends the actor and is noted") {
  recording_journal log;
  note_crash(log, "somebody", std::make_exception_ptr(std::runtime_error{"x"}));
  note_crash(log, "somebody", std::make_exception_ptr(42));
  CHECK(log.lines
        == words{"somebody: actor crashed: x",
                 "somebody: actor crashed: unknown exception"});
}
