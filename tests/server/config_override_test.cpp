#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "tests/server/config_fixture.hpp"

namespace caisson::config {

namespace {

constexpr std::string_view two = R"([http]
port = 1
[dependency.my-llm]
kind = "openai_compatible"
url = "http://localhost"
[dependency.other]
kind = "simulated"
[models."gpt-4.1"]
chain = ["other/a"]
)";

/// A file that is gone after the test.
class file {
public:
  explicit file(std::string_view text) {
    auto pattern
      = (std::filesystem::temp_directory_path() / "caissonXXXXXX").string();
    auto handle = mkstemp(pattern.data());
    REQUIRE(handle >= 0);
    close(handle);
    path_ = pattern;
    std::ofstream{path_, std::ios::binary} << text;
  }

  file(const file&) = delete;
  file& operator=(const file&) = delete;
  ~file() { std::filesystem::remove(path_); }

  const std::string& path() const { return path_; }

private:
  std::string path_;
};

std::string joined(const lines& all) {
  std::string out;
  for (auto& line : all)
    out += line + '\n';
  return out;
}

} // namespace

TEST_CASE("the environment overrides the file, --set both", "[config]") {
  CHECK(accepted({}).http.port == 8080);
  CHECK(accepted({two}).http.port == 1);
  CHECK(accepted({two, {{"CAISSON_HTTP__PORT", "2"}}, {}}).http.port == 2);
  auto all = world{two, {{"CAISSON_HTTP__PORT", "2"}}, {{"http.port", "3"}}};
  CHECK(accepted(all).http.port == 3);
  all.overrides.push_back({"http.port", "4"});
  CHECK(accepted(all).http.port == 4);
}

TEST_CASE("a wrong value is reported even where it is hidden", "[config]") {
  CHECK(complaints({"[http]\nport = -1",
                    {{"CAISSON_HTTP__PORT", "x"}},
                    {{"http.port", "1"}}})
        == lines{"caisson.toml:2:8: http.port is -1, expected an integer from "
                 "0 to 65535",
                 "environment:CAISSON_HTTP__PORT: http.port is \"x\", expected "
                 "an integer from 0 to 65535"});
}

TEST_CASE("variables reach into named tables in any case", "[config]") {
  auto made = accepted({two,
                        {{"CAISSON_DEPENDENCY__MY_LLM__BREAKER__FAILURES", "3"},
                         {"caisson_dependency__other__timeout", "250ms"},
                         {"Caisson_Dependency__Third__Kind", "simulated"},
                         {"CAISSON_DEPENDENCY__OTHER__MODELS", "a, b/c"},
                         {"CAISSON_MODELS__GPT_4_1__CHAIN", "[\"other/x\"]"},
                         {"CAISSON_NODE__IO_THREADS", "2"}},
                        {}});
  REQUIRE(made.dependencies.size() == 3);
  CHECK(made.dependencies[0].name == "my-llm");
  CHECK(made.dependencies[0].breaker.failures == 3);
  CHECK(made.dependencies[1].timeout == millis{250});
  CHECK(made.dependencies[1].models == lines{"a", "b/c"});
  CHECK(made.dependencies[2].name == "third");
  REQUIRE(made.models.size() == 1);
  CHECK(made.models[0].name == "gpt-4.1");
  CHECK(made.models[0].chain == lines{"other/x"});
  CHECK(made.node.io_threads == 2);
}

TEST_CASE("--set reaches into named tables with dots in names", "[config]") {
  auto made = accepted({two,
                        {},
                        {{"dependency.my-llm.breaker.failure_rate", "0.5"},
                         {"dependency.other.models", ""},
                         {"models.gpt-4.1.chain", "other/a,my-llm/b"}}});
  CHECK(made.dependencies[0].breaker.failure_rate == 0.5);
  CHECK(made.dependencies[1].models.empty());
  CHECK(made.models[0].chain == lines{"other/a", "my-llm/b"});
}

TEST_CASE("an override that names no option names the nearest", "[config]") {
  auto all = complaints({two,
                         {{"CAISSON_HTTP_PORT", "1"},
                          {"CAISSON_DEPENDENCY__OTHER__TIEMOUT", "1s"},
                          {"CAISSON_", "1"}},
                         {{"http.prot", "1"},
                          {"HTTP.PORT", "1"},
                          {"dependency.other.breaker.failure", "1"}}});
  REQUIRE(all.size() == 6);
  CHECK(all[0].starts_with("environment:CAISSON_: names no option"));
  CHECK(all[1]
        == "environment:CAISSON_DEPENDENCY__OTHER__TIEMOUT: names no option, "
           "expected CAISSON_DEPENDENCY__OTHER__TIMEOUT, the nearest known");
  CHECK(all[2]
        == "environment:CAISSON_HTTP_PORT: names no option, expected "
           "CAISSON_HTTP__PORT, the nearest known");
  CHECK(all[3]
        == "--set http.prot: names no option, expected \"http.port\", the "
           "nearest known");
  CHECK(all[4].starts_with("--set HTTP.PORT: names no option"));
  CHECK(all[5].find("\"dependency.other.breaker.failures\"")
        != std::string::npos);
}

TEST_CASE("an override cannot make a dependency without a kind", "[config]") {
  CHECK(complaints({two, {}, {{"dependency.thrid.timeout", "1s"}}})
          .at(0)
          .starts_with("--set dependency.thrid.timeout: dependency.thrid has "
                       "no kind, expected one of "));
  CHECK(complaints({two, {}, {{"dependency.Third.kind", "simulated"}}})
          .at(0)
          .starts_with("--set dependency.Third.kind: \"Third\" is no name"));
}

TEST_CASE("a variable that could mean two models is refused", "[config]") {
  auto text = std::string{two} + "[models.\"gpt-4-1\"]\nchain = [\"other/b\"]";
  CHECK(complaints({text, {{"CAISSON_MODELS__GPT_4_1__CHAIN", "other/c"}}, {}})
        == lines{"environment:CAISSON_MODELS__GPT_4_1__CHAIN: names both "
                 "\"gpt-4.1\" and \"gpt-4-1\", expected --set, which can tell "
                 "them apart"});
}

TEST_CASE("variables that belong to others are left alone", "[config]") {
  CHECK(complaints({"",
                    {{"CAISSON_SERVICE_HOST", "10.0.0.1"},
                     {"CAISSON_SERVICE_PORT_HTTP", "8080"},
                     {"CAISSON_PORT", "tcp://10.0.0.1:8080"},
                     {"CAISSON_PORT_8080_TCP_ADDR", "10.0.0.1"},
                     {"CAISSON_TEST_BINARY", "x"},
                     {"HOME", "/"}},
                    {}})
          .empty());
  CHECK(complaints({"", {{"CAISSON_PORT", "8080"}}, {}}).size() == 1);
}

TEST_CASE("secrets come from variables and files", "[config]") {
  file stored{"from-file\n"};
  auto text = "[telemetry]\nadmin_token = \"file:" + stored.path() + "\"\n";
  CHECK(accepted({text}).telemetry.admin_token == "from-file");
  CHECK(accepted({"[telemetry]\nadmin_token = \"env:TOKEN\"",
                  {{"TOKEN", "from-variable\r\n"}},
                  {}})
          .telemetry.admin_token
        == "from-variable");
  // A variable that a secret refers to may look like an override.
  CHECK(accepted({"",
                  {{"CAISSON_ADMIN_TOKEN", "own"},
                   {"CAISSON_TELEMETRY__ADMIN_TOKEN", "env:CAISSON_ADMIN_"
                                                      "TOKEN"}},
                  {}})
          .telemetry.admin_token
        == "own");
}

TEST_CASE("a secret that is not there names its reference", "[config]") {
  auto said = [](std::string_view reference, environment variables = {}) {
    auto text = "[telemetry]\nadmin_token = \"" + std::string{reference} + '"';
    auto all = complaints({text, std::move(variables), {}});
    REQUIRE(all.size() == 1);
    CHECK(all[0].starts_with("caisson.toml:2:15: telemetry.admin_token "));
    return all[0].substr(all[0].find("admin_token ") + 12);
  };
  CHECK(said("env:NOPE").starts_with("refers to env:NOPE, which is not set"));
  CHECK(said("file:/nonexistent/x")
          .starts_with("refers to \"file:/nonexistent/x\", which cannot be"));
  CHECK(said("env:EMPTY", {{"EMPTY", "\n"}})
          .starts_with("refers to \"env:EMPTY\", which holds nothing"));
  file two_lines{"tok\nX-Evil: 1"};
  CHECK(said("file:" + two_lines.path()).find("X-Evil") == std::string::npos);
  CHECK(said("file:/tmp").find("which") != std::string::npos);
}

TEST_CASE("no error ever shows a secret", "[config]") {
  constexpr auto hidden = "hunter2";
  auto text = R"([telemetry]
admin_token = "sk-hunter2"
[dependency.a]
kind = "openai"
api_key = "env:sk-hunter2"
url = "https://me:hunter2@api.openai.com"
[dependency.b]
kind = "openai"
api_key = ["hunter2"]
api_kye = "hunter2"
)";
  auto all = complaints({text,
                         {{"CAISSON_TELEMETRY__ADMIN_TOKEN", "hunter2"},
                          {"CAISSON_TELEMETRY__ADMIN_TOKN", "hunter2"},
                          {"X", "hunter2\n\x01"}},
                         {{"telemetry.admin_token", "hunter2"},
                          {"telemetry.admin_token", "env:X"},
                          {"telemetry.admin_tokn", "hunter2"}}});
  CHECK(all.size() == 10);
  CHECK(joined(all).find(hidden) == std::string::npos);
  CHECK(all[0]
        == "caisson.toml:2:15: telemetry.admin_token is written in plain text, "
           "expected a reference, \"env:NAME\" or \"file:PATH\"");
  for (auto broken : {"k = hunter2", "k = \"hunter2", "k hunter2",
                      "k = 'x' hunter2", "k = [hunter2]", "k = \"\\hunter2\""})
    CHECK(joined(complaints({broken})).find(hidden) == std::string::npos);
  CHECK(joined(complaints({"k = 99999999999999999999"})).find("99999")
        == std::string::npos);
}

TEST_CASE("this process's environment is copied", "[config]") {
  auto all = process_environment();
  auto path = std::getenv("PATH");
  REQUIRE(path != nullptr);
  CHECK(all.at("PATH") == path);
}

} // namespace caisson::config
