#include "protocol/dialect.hpp"
#include "protocol/embeddings_request.hpp"
#include "server/config/kinds.hpp"
#include "tests/server/config_fixture.hpp"

// Rules of [cache.semantic] (check_semantic.hpp).

namespace caisson::config {

namespace {

const std::string on = "[cache.semantic]\nenabled = true\n";
const std::string providers = "[dependency.local]\nkind = \"simulated\"\n"
                              "[dependency.store]\nkind = \"redis\"\n"
                              "url = \"redis://127.0.0.1:1\"\n";

} // namespace

TEST_CASE("answers to near questions are off by default", "[config]") {
  CHECK_FALSE(accepted({}).cache.semantic.enabled);
  auto made = accepted(
    {on + "embeddings = \"local/v\"\nthreshold = 0.8\n" + providers});
  CHECK(made.cache.semantic.enabled);
  CHECK(made.cache.semantic.embeddings == "local/v");
}

TEST_CASE("the threshold has a floor, whether it is in use or not",
          "[config]") {
  CHECK(complaints({"[cache.semantic]\nthreshold = 0.79"})
        == lines{"caisson.toml:2:13: cache.semantic.threshold is 0.79, "
                 "expected a number from 0.8 to 1: below, questions that mean "
                 "different things pass for the same"});
  CHECK(complaints({"[cache.semantic]\nthreshold = 1.01"}).size() == 1);
}

TEST_CASE("whoever makes the vectors must be named, exist and make some",
          "[config]") {
  CHECK(complaints({on + providers})
        == lines{"caisson.toml:2:11: cache.semantic is enabled without "
                 "embeddings, expected cache.semantic.embeddings, "
                 "\"dependency/model\""});
  CHECK(complaints({on + "embeddings = \"lokal/v\"\n" + providers})
        == lines{"caisson.toml:3:14: cache.semantic.embeddings leads to "
                 "\"lokal\", which is no dependency, expected \"local\", the "
                 "nearest known"});
  CHECK(complaints({on + "embeddings = \"store/v\"\n" + providers})
        == lines{"caisson.toml:3:14: cache.semantic.embeddings leads to "
                 "\"store\", which makes no embeddings, expected \"local\", "
                 "the nearest known"});
  CHECK(complaints({on + "embeddings = \"local\"\n" + providers}).size() == 1);
}

TEST_CASE("without a cache there is nothing to be found", "[config]") {
  CHECK(complaints({"[cache]\nenabled = false\n" + on
                    + "embeddings = \"local/v\"\n" + providers})
        == lines{"caisson.toml:4:11: cache.semantic is enabled and "
                 "cache.enabled is false, expected a cache that keeps the "
                 "answers"});
}

TEST_CASE("a kind makes embeddings where its dialect has them", "[config]") {
  auto asked
    = protocol::embeddings_request::read(R"({"model":"m","input":"x"})");
  REQUIRE(asked.has_value());
  for (auto& kind : kinds())
    if (auto* dialect = protocol::dialect_for(kind.name)) {
      INFO(kind.name);
      CHECK(kind.embeds
            == (dialect->embeddings_reader(**asked, {}) != nullptr));
    }
}

} // namespace caisson::config
