#include "tests/support/world.hpp"

using namespace caisson;
using namespace caisson::testing;
using kind = failure_kind;
using enum breaker_state;

namespace {

dependency_settings single() {
  auto result = dependency_named("a");
  result.retry.attempts = 1;
  result.breaker.failures = 3;
  result.breaker.open_for = millis{10'000};
  return result;
}

template <class Message>
void tell(world& it, Message what) {
  caf::anon_send(it.place("a")->supervisor(), std::move(what));
  it.run();
}

void opens(world& it, const std::string& node, std::uint32_t episode = 1) {
  tell(it, breaker_rumour{"a", node, {true, episode, millis{10'000}}});
}

std::vector<reply_ptr> ask(world& it, int times) {
  std::vector<reply_ptr> result;
  for (int i = 0; i < times; ++i)
    result.push_back(it.send("m"));
  it.run();
  return result;
}

} // namespace

TEST_CASE("N3: told that it fails elsewhere, a dependency gets one call, and "
          "the others wait for what becomes of it") {
  world it{{single()}};
  opens(it, "b");
  CHECK(it.place("a")->state() == half_open);
  it.outside("a").otherwise = hangs();
  auto all = ask(it, 10);
  CHECK(it.outside("a").running == 1);
  CHECK(std::ranges::all_of(
    all, [](auto& x) { return x->how == reply::end::none; }));
  it.outside("a").otherwise = answers();
  SECTION("it answers: nobody has noticed anything") {
    it.outside("a").talks.back()->finish("well");
    it.run();
    CHECK(std::ranges::all_of(all, [](auto& x) { return x->answered(); }));
    CHECK(it.place("a")->state() == closed);
    CHECK(it.board->said.empty());
    // The same trouble of that node's own is no news any more.
    opens(it, "b");
    CHECK(it.place("a")->state() == closed);
    opens(it, "b", 2);
    CHECK(it.place("a")->state() == half_open);
  }
  SECTION("it fails: one call was enough to know") {
    it.outside("a").talks.back()->fail(kind::server_error);
    it.run();
    CHECK(it.outside("a").started == 1);
    CHECK(it.place("a")->state() == open);
    CHECK(
      std::ranges::count_if(
        all, [](auto& x) { return x->failed_with(errc::circuit_breaker_open); })
      == 9);
    CHECK(it.board->said.size() == 1);
  }
}

TEST_CASE("N4: a doubt dies with who has it") {
  world it{{single()}};
  opens(it, "b");
  opens(it, "c");
  tell(it, speaker_gone{"b"});
  CHECK(it.place("a")->state() == half_open);
  SECTION("the other is gone too") {
    tell(it, speaker_gone{"c"});
  }
  SECTION("the other has recovered") {
    tell(it, breaker_rumour{"a", "c", {false, 1, {}}});
  }
  CHECK(it.place("a")->state() == closed);
  CHECK(it.outside("a").started == 0);
}

TEST_CASE("N5: what this node has found itself, others' good news do not end") {
  world it{{single()}};
  it.outside("a").otherwise = fails(kind::server_error);
  ask(it, 3);
  CHECK(it.place("a")->state() == open);
  opens(it, "b");
  tell(it, breaker_rumour{"a", "b", {false, 1, {}}});
  tell(it, speaker_gone{"b"});
  CHECK(it.place("a")->state() == open);
}

TEST_CASE("a probe that is lost while others wait for it is made again") {
  world it{{single()}};
  opens(it, "b");
  it.outside("a").script.push_back(crashes());
  auto all = ask(it, 3);
  it.advance(millis{100});
  CHECK(it.place("a")->state() == closed);
  CHECK(std::ranges::count_if(all, [](auto& x) { return x->answered(); }) >= 2);
}

TEST_CASE("a rumour of what is not here changes nothing") {
  world it{{single()}};
  tell(it, breaker_rumour{"z", "b", {true, 1, millis{10}}});
  tell(it, breaker_rumour{"a/m", "b", {true, 1, millis{10}}});
  CHECK(it.place("a")->state() == closed);
}
