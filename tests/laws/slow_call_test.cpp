#include "actors/policies/slow_call.hpp"

#include "tests/laws/property.hpp"

using namespace caisson;
using namespace caisson::laws;

TEST_CASE("a call is slow when it is past any limit that is set and was "
          "measured") {
  holds(
    [] {
      auto set = [](int limit) -> std::optional<int> {
        return pick(0, 2) ? std::optional{limit} : std::nullopt;
      };
      breaker_settings is;
      auto whole = set(50), first = set(20), rate = set(10);
      if (whole)
        is.slow_call = millis{*whole};
      if (first)
        is.slow_first_token = millis{*first};
      if (rate)
        is.slow_tokens_per_second = *rate;
      auto took = pick(48, 53);
      auto silence = set(pick(18, 23));
      auto tokens = set(pick(8, 13));
      call_measure seen{millis{took},
                        silence ? std::optional<duration>{millis{*silence}}
                                : std::nullopt,
                        tokens ? std::optional<double>{*tokens} : std::nullopt};
      RC_ASSERT(slow(is, seen)
                == ((whole && took > *whole)
                    || (first && silence && *silence > *first)
                    || (rate && tokens && *tokens < *rate)));
      RC_ASSERT(judges_slow(is) == (whole || first || rate));
    },
    1'000);
}

TEST_CASE("a plain duration is a measure of nothing else") {
  breaker_settings is;
  is.slow_call = millis{50};
  is.slow_first_token = millis{1};
  is.slow_tokens_per_second = 1'000;
  duration took = millis{50};
  call_measure seen = took;
  CHECK(seen.took == took);
  CHECK_FALSE(slow(is, seen));
  CHECK(slow(is, took + duration{1}));
}
