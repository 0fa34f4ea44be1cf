#include "actors/features.hpp"

#include "tests/support/catch.hpp"

using namespace caisson;

TEST_CASE("a feature is found by its name, and nothing by another") {
  for (auto which : every_feature)
    CHECK(feature_of(name_of(which)) == which);
  for (auto name : {"", "Hedging", "hedging ", "cache"})
    CHECK_FALSE(feature_of(name));
}

TEST_CASE("a caller has all but what was taken away") {
  for (auto gone : every_feature) {
    feature_set some;
    CHECK(some == feature_set{});
    some.take_away(gone);
    some.take_away(gone);
    for (auto which : every_feature)
      CHECK(some.has(which) == (which != gone));
  }
}
