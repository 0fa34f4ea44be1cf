#include "actors/limits/limiter.hpp"

#include "tests/support/world.hpp"

using namespace caisson;
using namespace caisson::testing;

namespace {

/// What a client hears; `lost` where the question was dropped.
struct heard {
  std::optional<standing> how;
  bool lost = false;
};

class listener final : public limit_reply {
public:
  explicit listener(std::shared_ptr<heard> to) : to_(std::move(to)) {}
  ~listener() override { to_->lost = !to_->how; }
  void decided(const standing& how) override { to_->how = how; }

private:
  std::shared_ptr<heard> to_;
};

const limit_key alice{1, 2};

struct fixture {
  world it{{dependency_named("a")}};
  charges what;

  fixture() {
    what.add({limit_type::minute,
              slot_of(limit_type::minute),
              {3, std::chrono::minutes{1}},
              1});
  }

  std::shared_ptr<heard> put(const limit_key& who = alice) {
    auto to = std::make_shared<heard>();
    caf::anon_send(
      it.tree().limiter_of(who),
      limit_question{who, true, what, std::make_shared<listener>(to)});
    return to;
  }

  std::shared_ptr<heard> ask(const limit_key& who = alice) {
    auto to = put(who);
    it.run();
    return to;
  }
};

} // namespace

TEST_CASE("T1: request N passes, N + 1 does not, and who waits as told is "
          "admitted") {
  fixture f;
  for (auto i = 0; i < 3; ++i)
    CHECK_FALSE(f.ask()->how->exceeded);
  f.it.advance(millis{20'000});
  auto refused = f.ask();
  CHECK(refused->how->exceeded);
  CHECK(refused->how->remaining == 0);
  f.it.advance(std::chrono::ceil<millis>(refused->how->retry_after)
               - millis{10});
  CHECK(f.ask()->how->exceeded);
  f.it.advance(millis{10});
  CHECK_FALSE(f.ask()->how->exceeded);
}

TEST_CASE("T7: one client's requests are nothing to another") {
  fixture f;
  for (auto i = 0; i < 5; ++i)
    f.ask();
  CHECK(f.ask()->how->exceeded);
  CHECK_FALSE(f.ask({3, 4})->how->exceeded);
  CHECK(f.it.tree().limited_clients() == 2);
}

TEST_CASE("S4: a shard that crashes tells who waits, and gives nobody a quota "
          "anew") {
  fixture f;
  for (auto i = 0; i < 3; ++i)
    f.ask();
  auto before = f.it.tree().limiter_at(0);
  caf::anon_send_exit(before, caf::exit_reason::kill);
  auto waiting = f.put();
  f.it.run();
  CHECK(waiting->lost);
  CHECK(f.it.record("limiter-0")->restarts == 1);
  CHECK(f.it.tree().limiter_at(0) != before);
  CHECK(f.ask()->how->exceeded);
}

TEST_CASE("what was charged too much comes back with its settlement") {
  fixture f;
  auto first = f.ask();
  f.ask();
  f.ask();
  CHECK(f.ask()->how->exceeded);
  limit_settlement back{
    alice, true, f.what, {0}, first->how->source, first->how->spent_at};
  caf::anon_send(f.it.tree().limiter_of(alice), back);
  f.it.run();
  CHECK_FALSE(f.ask()->how->exceeded);
  CHECK(f.ask()->how->exceeded);
}

TEST_CASE("other limits reach every shard, and what was spent stays spent") {
  fixture f;
  f.ask();
  limit_settings wanted;
  wanted.tiers.free.minute = 7;
  f.it.tree().set_limits(wanted);
  f.it.run();
  CHECK(f.it.tree().limits()->settings().tiers.free.minute == 7);
  CHECK(f.ask()->how->remaining == 1);
}
