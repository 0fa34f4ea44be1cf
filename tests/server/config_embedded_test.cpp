#include "server/config/embedded.hpp"

#include "tests/server/config_fixture.hpp"

namespace caisson::config {

namespace {

lines names(const settings& made) {
  lines all;
  for (auto& one : made.dependencies)
    all.push_back(one.name);
  return all;
}

} // namespace

TEST_CASE("with nothing configured there is a simulated one", "[config]") {
  auto made = accepted({});
  REQUIRE(names(made) == lines{"simulated"});
  auto& one = made.dependencies[0];
  CHECK(one.kind == "simulated");
  CHECK(one.url.empty());
  CHECK(one.models == lines{"simulated", "simulated-slow", "simulated-fail"});
  CHECK(one.bulkhead.concurrency == 50);
  REQUIRE(made.models.size() == 1);
  CHECK(made.models[0].name == "default");
  CHECK(made.models[0].chain == lines{"simulated/simulated"});
}

TEST_CASE("each key in the environment makes its provider", "[config]") {
  auto made = accepted({"",
                        {{"GEMINI_API_KEY", "g"},
                         {"ANTHROPIC_API_KEY", "a\n"},
                         {"OPENAI_API_KEY", "o"},
                         {"LOCAL_LLM_URL", "http://127.0.0.1:11434"}},
                        {}});
  REQUIRE(names(made) == lines{"openai", "anthropic", "google", "local"});
  CHECK(made.dependencies[0].api_key == "o");
  CHECK(made.dependencies[1].api_key == "a");
  CHECK(made.dependencies[1].bulkhead.concurrency == 8);
  CHECK(made.dependencies[2].api_key == "g");
  CHECK(made.dependencies[2].kind == "google");
  auto& local = made.dependencies[3];
  CHECK(local.kind == "openai_compatible");
  CHECK(local.url == "http://127.0.0.1:11434/v1");
  CHECK(local.models.empty());
  CHECK(local.bulkhead.concurrency == 50);
  lines firsts;
  for (auto& one : made.dependencies)
    if (!one.models.empty())
      firsts.push_back(one.name + '/' + one.models[0]);
  CHECK(firsts.size() == 3);
  CHECK(made.models.at(0).chain == firsts);
}

TEST_CASE("an empty key makes nothing", "[config]") {
  CHECK(names(accepted({"", {{"OPENAI_API_KEY", ""}}, {}}))
        == lines{"simulated"});
}

TEST_CASE("a local server has its models by name only", "[config]") {
  auto made
    = accepted({"", {{"LOCAL_LLM_URL", "https://llm.example/api/"}}, {}});
  REQUIRE(names(made) == lines{"local"});
  CHECK(made.dependencies[0].url == "https://llm.example/api");
  CHECK(made.dependencies[0].bulkhead.concurrency == 10);
  CHECK(made.models.empty());
}

TEST_CASE("what is configured takes the place of all of it", "[config]") {
  environment key{{"OPENAI_API_KEY", "o"}};
  auto text = "[dependency.mine]\nkind = \"simulated\"";
  auto made = accepted({text, key, {}});
  CHECK(names(made) == lines{"mine"});
  CHECK(made.models.empty());
  CHECK(names(accepted({"", key, {{"dependency.mine.kind", "simulated"}}}))
        == lines{"mine"});
}

TEST_CASE("overrides change embedded dependencies", "[config]") {
  auto made
    = accepted({"",
                {{"OPENAI_API_KEY", "o"},
                 {"CAISSON_DEPENDENCY__OPENAI__BREAKER__FAILURES", "3"},
                 {"CAISSON_DEPENDENCY__OPENAI__URL", "http://127.0.0.1:1"}},
                {}});
  REQUIRE(names(made) == lines{"openai"});
  CHECK(made.dependencies[0].breaker.failures == 3);
  CHECK(made.dependencies[0].url == "http://127.0.0.1:1");
  CHECK(made.dependencies[0].api_key == "o");
  CHECK(made.dependencies[0].bulkhead.concurrency == 15);
  CHECK(complaints({"", {}, {{"dependency.openai.timeout", "1s"}}})
        == lines{"--set dependency.openai.timeout: there is no dependency "
                 "\"openai\", expected \"simulated\", or "
                 "dependency.openai.kind to make one"});
}

TEST_CASE("own models stand beside the embedded default", "[config]") {
  auto made
    = accepted({"[models.smart]\nchain = [\"simulated/simulated-slow\"]"});
  REQUIRE(made.models.size() == 2);
  CHECK(made.models[0].name == "smart");
  CHECK(made.models[1].name == "default");
  auto own = accepted({"[models.default]\nchain = [\"simulated/mine\"]"});
  REQUIRE(own.models.size() == 1);
  CHECK(own.models[0].chain == lines{"simulated/mine"});
}

TEST_CASE("a key or url that cannot be one is reported once", "[config]") {
  CHECK(complaints({"",
                    {{"LOCAL_LLM_URL", "localhost:11434"},
                     {"OPENAI_API_KEY", "hunter2\r\nX-Evil: 1"}},
                    {}})
        == lines{"environment:OPENAI_API_KEY: holds nothing that could be a "
                 "key, expected one line without control characters",
                 "environment:LOCAL_LLM_URL: is no URL that can be called, "
                 "expected http:// or https:// with a host, without user, "
                 "query or fragment"});
}

} // namespace caisson::config
