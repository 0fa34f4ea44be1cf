#include "server/gateway/feature_control.hpp"

#include "tests/support/catch.hpp"

using namespace caisson;

TEST_CASE("a rollout is told in a word, and only such a word is one") {
  for (rollout how : {rollout{true, 0}, rollout{true, 100}, rollout{false, 7}})
    CHECK(rollout_of(word_of(how)) == how);
  CHECK(word_of({true, 50}) == "on 50");
  for (auto word : {"", "on", "on ", "on x", "on 101", "on -1", "on 5 ", "off",
                    "maybe 5", "50"})
    CHECK_FALSE(rollout_of(word));
}

TEST_CASE("what was set holds until the configuration says otherwise than "
          "before") {
  features_settings with;
  feature_control it{with};
  CHECK(it.whole());
  it.set(feature::hedging, {true, 10});
  CHECK_FALSE(it.whole());
  it.apply(with);
  CHECK(it.now(feature::hedging) == rollout{true, 10});
  with.hedging = {false, 100};
  it.apply(with);
  CHECK(it.now(feature::hedging) == rollout{false, 100});
  with.hedging = {};
  it.apply(with);
  CHECK(it.whole());
}

TEST_CASE("a caller has what reaches him") {
  features_settings with;
  with.caching = {false, 100};
  with.hedging = {true, 50};
  feature_control it{with};
  int hedged = 0;
  for (std::uint64_t caller = 0; caller < 1'000; ++caller) {
    auto has = it.of(caller);
    CHECK_FALSE(has.has(feature::caching));
    CHECK(has.has(feature::resilience));
    CHECK(has.has(feature::hedging)
          == reaches(with.hedging, feature::hedging, caller));
    hedged += has.has(feature::hedging);
  }
  CHECK(hedged > 400);
  CHECK(hedged < 600);
}
