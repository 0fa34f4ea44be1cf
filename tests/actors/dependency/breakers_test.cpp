#include "actors/dependency/breakers.hpp"

#include "actors/telemetry/families.hpp"
#include "tests/support/world.hpp"

using namespace caisson;
using namespace caisson::testing;
using enum breaker_state;

namespace {

time_point at(int ms) {
  return time_point{millis{1'000'000 + ms}};
}

struct fixture {
  world it;
  metrics::registry metrics;
  dependency_settings settings = dependency_named("a");
  compartment_ptr place;
  std::uint16_t big = 0, small = 0;
  std::unique_ptr<breakers> list;

  fixture() {
    settings.breaker.failures = 2;
    settings.breaker.per_model = true;
    place = std::make_shared<compartment>(
      std::make_shared<const dependency_settings>(settings), metrics);
    place->name_model("big");
    place->name_model("small");
    big = place->slot_of("big");
    small = place->slot_of("small");
    list = make();
  }

  std::unique_ptr<breakers> make() {
    return std::make_unique<breakers>(it.home(), place, settings.breaker, 1);
  }

  void fail(std::uint16_t slot, int times) {
    for (int i = 0; i < times; ++i)
      list->record({*list->admit(slot, at(0)), outcome::failure, true, {}},
                   at(0));
    list->publish(at(0));
  }
};

} // namespace

TEST_CASE("each model has a breaker of its own where asked for") {
  fixture f;
  CHECK(f.big != f.small);
  CHECK(f.place->slot_of("big") == f.big);
  CHECK(f.place->slot(f.big).service == "a/big");
  f.fail(f.big, 2);
  CHECK(f.place->slot(f.big).state == open);
  CHECK(f.place->slot(f.small).state == closed);
  CHECK_FALSE(f.list->admit(f.big, at(1)));
  CHECK(f.list->admit(f.small, at(1)));
  CHECK(f.place->enter({at(1), 0, time_point::max(), f.big}).how
        == entry::kind::refused);
  CHECK(f.place->enter({at(1), 0, time_point::max(), f.small}).how
        == entry::kind::admitted);
  // It still answers somebody.
  CHECK(f.place->state() == closed);
  CHECK(f.it.count(families::breaker_transitions, {"a/big", "closed", "open"})
        == 1);
}

TEST_CASE("all models share one breaker where not asked for") {
  fixture f;
  f.settings.breaker.per_model = false;
  compartment plain{std::make_shared<const dependency_settings>(f.settings),
                    f.metrics};
  plain.name_model("big");
  CHECK(plain.slot_of("big") == 0);
  CHECK(plain.slots() == 1);
}

TEST_CASE("a new supervisor takes up every breaker where it was") {
  fixture f;
  f.fail(f.big, 2);
  f.fail(f.small, 1);
  f.list = f.make();
  CHECK_FALSE(f.list->admit(f.big, at(1)));
  f.fail(f.small, 1);
  CHECK(f.place->slot(f.small).state == open);
}

TEST_CASE("the operator's hand is on all of them, and on those to come") {
  fixture f;
  f.list->set_mode(breaker_mode::forced_open);
  f.list->publish(at(0));
  CHECK_FALSE(f.list->admit(f.big, at(0)));
  f.place->name_model("third");
  auto third = f.place->slot_of("third");
  CHECK_FALSE(f.list->admit(third, at(0)));
}

TEST_CASE("models that the config does not name share the first breaker, and "
          "so do those beyond the bound") {
  fixture f;
  CHECK(f.place->slot_of("made up") == 0);
  CHECK(f.place->slots() == 3);
  for (int i = 0; i < 100; ++i)
    f.place->name_model("m" + std::to_string(i));
  CHECK(f.place->slots() == compartment::most_slots);
  CHECK(f.place->slot_of("m99") == 0);
}

TEST_CASE("a reload that wants one breaker for all shows one") {
  fixture f;
  f.settings.breaker.per_model = false;
  f.place->reconfigure(std::make_shared<const dependency_settings>(f.settings));
  CHECK(f.place->slots() == 1);
  CHECK(f.place->slot_of("big") == 0);
}

TEST_CASE("other nodes are told what this node has found, by the breaker's "
          "name: that it opens, for how long, and that it closes") {
  fixture f;
  auto& said = f.it.board->said;
  f.fail(f.big, 2);
  REQUIRE(said.size() == 1);
  CHECK(said[0].first == "a/big");
  CHECK(said[0].second.open);
  CHECK(said[0].second.left == f.settings.breaker.open_for);
  auto back = at(0) + f.settings.breaker.open_for;
  auto probe = f.list->admit(f.big, back);
  f.list->record({*probe, outcome::failure, true, {}}, back);
  f.list->publish(back);
  REQUIRE(said.size() == 2);
  CHECK(said[1].second.episode == said[0].second.episode);
  probe = f.list->admit(f.big, back + 10 * f.settings.breaker.open_for);
  f.list->record({*probe, outcome::success, true, {}}, back);
  f.list->publish(back);
  REQUIRE(said.size() == 3);
  CHECK_FALSE(said[2].second.open);
  f.fail(f.big, 2);
  REQUIRE(said.size() == 4);
  CHECK(said[3].second.episode != said[0].second.episode);
}

TEST_CASE("what is only counted, or done by hand, is no news; what was told is "
          "taken back with the judgement") {
  fixture f;
  f.list->set_mode(breaker_mode::metrics_only);
  f.fail(f.big, 2);
  f.list->set_mode(breaker_mode::forced_open);
  f.list->set_mode(breaker_mode::automatic);
  f.list->publish(at(0));
  CHECK(f.it.board->said.empty());
  f.fail(f.big, 2);
  f.list->set_mode(breaker_mode::disabled);
  f.list->publish(at(0));
  f.list->publish(at(0));
  REQUIRE(f.it.board->said.size() == 2);
  CHECK_FALSE(f.it.board->said.back().second.open);
}

TEST_CASE("a rumour concerns the breaker that it names, and is passed on to "
          "nobody") {
  fixture f;
  f.list->hear({"a/big", "there", {true, 1, millis{1'000}}}, 0, at(0));
  CHECK_FALSE(f.list->publish(at(0)));
  CHECK(f.place->slot(f.big).doubted);
  CHECK(f.list->doubted(f.big));
  CHECK_FALSE(f.list->doubted(f.small));
  f.list->forget("there");
  // It was closed, and never found otherwise: nothing to recover from.
  CHECK_FALSE(f.list->publish(at(0)));
  CHECK_FALSE(f.place->slot(f.big).doubted);
  CHECK(f.it.board->said.empty());
}

TEST_CASE("who has opened probes after those who said so first; its own wait "
          "is what it tells") {
  fixture f;
  f.fail(f.big, 2);
  auto wait = f.settings.breaker.open_for;
  f.list->hear({"a/big", "there", {true, 1, 2 * wait}}, 0, at(0));
  f.list->publish(at(0));
  CHECK_FALSE(f.list->admit(f.big, at(0) + 2 * wait));
  CHECK(f.list->admit(f.big, at(0) + 21 * wait / 10));
  CHECK(f.it.board->said.back().second.left == wait);
}

TEST_CASE("a supervisor that starts anew tells the end of what the one before "
          "had begun") {
  fixture f;
  f.fail(f.big, 2);
  f.list = f.make();
  auto back = at(0) + f.settings.breaker.open_for;
  f.list->record({*f.list->admit(f.big, back), outcome::success, true, {}},
                 back);
  CHECK(f.list->publish(back));
  CHECK_FALSE(f.it.board->said.back().second.open);
}
