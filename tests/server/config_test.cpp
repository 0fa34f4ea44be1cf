#include <chrono>

#include "server/config/nearest.hpp"
#include "server/config/schema.hpp"
#include "server/config/value.hpp"
#include "tests/server/config_fixture.hpp"

using namespace std::chrono_literals;

namespace caisson::config {

TEST_CASE("durations are whole numbers with a unit", "[config]") {
  CHECK(parse_duration("250ms") == 250);
  CHECK(parse_duration("60s") == 60'000);
  CHECK(parse_duration("5m") == 300'000);
  CHECK(parse_duration("1h") == 3'600'000);
  CHECK(parse_duration("0s") == 0);
  for (auto wrong :
       {"", "5", "s", "-5s", "+5s", "1.5s", " 5s", "5 s", "5S", "5sec", "5s ",
        "0x5s", "99999999999999999999s", "9223372036854775807h"})
    CHECK_FALSE(parse_duration(wrong));
}

TEST_CASE("sizes are whole numbers with a binary unit", "[config]") {
  CHECK(parse_size("100B") == 100);
  CHECK(parse_size("16KiB") == 16'384);
  CHECK(parse_size("4MiB") == 4'194'304);
  CHECK(parse_size("1GiB") == 1'073'741'824);
  for (auto wrong : {"", "100", "4MB", "4kib", "4 MiB", "-1B", "1.5MiB", "MiB",
                     "9223372036854775807GiB"})
    CHECK_FALSE(parse_size(wrong));
}

TEST_CASE("durations and sizes are shown in their largest unit", "[config]") {
  CHECK(show_duration(60'000) == "1m");
  CHECK(show_duration(1'500) == "1500ms");
  CHECK(show_duration(0) == "0ms");
  CHECK(show_size(4 << 20) == "4MiB");
  CHECK(show_size(1'000) == "1000B");
}

TEST_CASE("a flag is true or false", "[config]") {
  node written;
  written.word = bare{"true"};
  CHECK(std::get<value>(convert("x", flag(), written)) == value{true});
  written.word = false;
  CHECK(std::get<value>(convert("x", flag(), written)) == value{false});
  written.word = bare{"yes"};
  auto wrong = std::get<problems>(convert("x", flag(), written));
  CHECK(wrong[0].what == "x is \"yes\"");
  CHECK(wrong[0].expected == "true or false");
}

TEST_CASE("the distance of words counts swaps as one", "[config]") {
  CHECK(edit_distance("port", "port") == 0);
  CHECK(edit_distance("prot", "port") == 1);
  CHECK(edit_distance("", "abc") == 3);
  CHECK(edit_distance("kitten", "sitting") == 3);
  CHECK(nearest("tiemout", {"timeout", "idle_timeout"}) == "timeout");
  CHECK(nearest("x", {}).empty());
}

TEST_CASE("every kind of option is read from a file", "[config]") {
  auto made = accepted({R"(
[node]
name = "edge-1"
drain_timeout = "0s"
[http]
bind = "::1"
port = 0
max_body = "1GiB"
[log]
level = "warn"
format = "text"
[dependency.b]
kind = "openai_compatible"
url = "http://localhost:11434/v1/"
models = ["qwen", "x/y"]
breaker = { failures = 2, failure_rate = 0.5, slow_call = "2s" }
retry.jitter = "none"
retry.budget = 1
[dependency.a]
kind = "simulated"
[models.smart]
chain = ["a/simulated", "b/x/y"]
)"});
  CHECK(made.node.name == "edge-1");
  CHECK(made.node.drain_timeout == 0ms);
  CHECK(made.http.bind == "::1");
  CHECK(made.http.port == 0);
  CHECK(made.http.max_body == 1u << 30);
  CHECK(made.log.level == log_level::warn);
  CHECK(made.log.format == log_format::text);
  REQUIRE(made.dependencies.size() == 2);
  auto& b = made.dependencies[0];
  CHECK(b.name == "b"); // the order of the file, not of the alphabet
  CHECK(b.url == "http://localhost:11434/v1");
  CHECK(b.models == lines{"qwen", "x/y"});
  CHECK(b.breaker.failures == 2);
  CHECK(b.breaker.failure_rate == 0.5);
  CHECK(b.breaker.slow_call == 2s);
  CHECK(b.breaker.open_for == 60s);
  CHECK(b.retry.jitter == jitter_kind::none);
  CHECK(b.retry.budget == 1.0);
  CHECK(made.dependencies[1].kind == "simulated");
  REQUIRE(made.models.size() == 1);
  CHECK(made.models[0].name == "smart");
  CHECK(made.models[0].chain == lines{"a/simulated", "b/x/y"});
}

TEST_CASE("all errors are reported at once, each at its place", "[config]") {
  CHECK(complaints({R"([http]
port = 99999
max_body = "4MB"
prot = 80
[log]
level = "wran"
[dependency.x.breaker]
failures = 0
[dependency.x]
kind = "simulated"
timeout = 60
)"})
        == lines{
          "caisson.toml:2:8: http.port is 99999, expected an integer from 0 to "
          "65535",
          "caisson.toml:3:12: http.max_body is \"4MB\", expected a size such "
          "as \"100B\", \"16KiB\" or \"4MiB\", from \"1B\" to \"1GiB\"",
          "caisson.toml:4:1: unknown key \"http.prot\", expected "
          "\"http.port\", the nearest known",
          "caisson.toml:6:9: log.level is \"wran\", nearest is \"warn\", "
          "expected one of \"trace\", \"debug\", \"info\", \"warn\", "
          "\"error\", \"off\"",
          "caisson.toml:8:12: dependency.x.breaker.failures is 0, expected an "
          "integer from 1 to 1000000",
          "caisson.toml:11:11: dependency.x.timeout is 60, expected a duration "
          "such as \"250ms\", \"60s\", \"5m\" or \"1h\", from \"1ms\" to "
          "\"24h\""});
}

TEST_CASE("a file that is no TOML says where", "[config]") {
  CHECK(complaints({"[http]\nport = \n"}).at(0).starts_with("caisson.toml:2:"));
  CHECK(complaints({"a = 1\na = 2"}).at(0).starts_with("caisson.toml:2:"));
  // The environment is judged all the same.
  auto both = complaints({"x", {{"CAISSON_HTTP__PORT", "x"}}, {}});
  REQUIRE(both.size() == 2);
  CHECK(both[1].starts_with("environment:CAISSON_HTTP__PORT: "));
}

TEST_CASE("what toml++ asserts is a problem with a place", "[config]") {
  CHECK(complaints({"[http]\nk = [\"é\",}\nport = 1\n"})
        == lines{"caisson.toml:2:10: nothing can stand here, or something is "
                 "missing, expected valid TOML"});
}

TEST_CASE("what toml++ calls unreachable is a letter", "[config]") {
  // U+FCFF, where blanks are skipped: seen by UBSan.
  CHECK(complaints({"[node]\nname = \"\"\"\\\n\uFCFF\"\"\""})
        == lines{"caisson.toml:2:8: node.name is no name for a node, expected "
                 "1 to 64 of A-Z a-z 0-9 . _ -"});
  CHECK(complaints({"\uFCFF = 1"}).at(0).starts_with("caisson.toml:1:1: "));
}

TEST_CASE("a file that cannot be read is a problem", "[config]") {
  for (std::string path : {"/nonexistent/caisson.toml", "/"}) {
    auto result = load({path, {}, {}});
    REQUIRE(std::holds_alternative<problems>(result));
    auto text = to_string(std::get<problems>(result).at(0));
    CHECK(text.starts_with(path + ": cannot be read: "));
    CHECK(text.ends_with("expected a readable TOML file"));
  }
}

TEST_CASE("unknown keys name what was probably meant", "[config]") {
  auto meant = [](std::string_view text) {
    for (auto& line : complaints({text}))
      if (auto start = line.find("unknown "); start != line.npos)
        return line.substr(start, line.rfind(',') - start);
    return std::string{};
  };
  CHECK(meant("[htpp]\nport = 1")
        == "unknown table \"htpp\", expected \"http\"");
  CHECK(meant("[http]\ndrain_timeout = \"1s\"")
        == "unknown key \"http.drain_timeout\", expected "
           "\"node.drain_timeout\"");
  CHECK(meant("[dependencies.x]\nkind = \"openai\"")
        == "unknown table \"dependencies\", expected \"dependency\"");
  CHECK(meant("port = 1") == "unknown key \"port\", expected \"http.port\"");
  CHECK(meant("[dependency.x]\nkind = \"simulated\"\nbraker.failures = 1")
        == "unknown table \"dependency.x.braker\", expected "
           "\"dependency.x.breaker\"");
  CHECK(meant("[dependency.x]\nkind = \"simulated\"\nfailures = 1")
        == "unknown key \"dependency.x.failures\", expected "
           "\"dependency.x.breaker.failures\"");
  CHECK(meant("[models.x]\nchian = []")
        == "unknown key \"models.x.chian\", expected \"models.x.chain\"");
  CHECK(meant("\"http.port\" = 1")
        == "unknown key \"http.port\", expected \"http.port\"");
  // What does not exist yet is no option.
  CHECK(meant("[auth]\nmode = \"required\"").starts_with("unknown "));
}

TEST_CASE("a value in the place of a table is refused", "[config]") {
  CHECK(complaints({"http = 1"})
        == lines{"caisson.toml:1:8: http is no table, expected a table, "
                 "[http]"});
  CHECK(complaints({"[dependency]\nkind = \"openai\""})
        == lines{"caisson.toml:2:1: dependency.kind is no table, expected "
                 "options in a table with a name, [dependency.NAME]"});
  CHECK(complaints({"[http]\nport = { a = 1 }"})
        == lines{"caisson.toml:2:8: http.port is a table, expected an integer "
                 "from 0 to 65535"});
  CHECK(complaints({"[node]\ndrain_timeout = 1979-05-27"})
          .at(0)
          .find("is a date or time")
        != std::string::npos);
}

TEST_CASE("elements of a list are refused one by one", "[config]") {
  auto all = complaints({"[models.x]\nchain = [\"a\", 5,\n  \"b c/d\"]\n"});
  CHECK(all
        == lines{"caisson.toml:2:10: models.x.chain[0] is no target, expected "
                 "\"dependency/model\"",
                 "caisson.toml:2:15: models.x.chain[1] is 5, expected "
                 "\"dependency/model\"",
                 "caisson.toml:3:3: models.x.chain[2] is no target, expected "
                 "\"dependency/model\""});
}

TEST_CASE("changes that need a restart are named", "[config]") {
  settings running;
  auto wanted = running;
  CHECK(needs_restart(running, wanted).empty());
  wanted.http.max_body = 1;
  wanted.log.level = log_level::debug;
  wanted.telemetry.admin_token = "x";
  wanted.dependencies.emplace_back();
  CHECK(needs_restart(running, wanted).empty());
  wanted.node.name = "other";
  wanted.node.io_threads = 7;
  wanted.http.bind = "::1";
  wanted.http.port = 1;
  wanted.telemetry.bind = "::1";
  wanted.telemetry.port = 2;
  CHECK(needs_restart(running, wanted)
        == lines{"node.name", "node.io_threads", "http.bind", "http.port",
                 "telemetry.bind", "telemetry.port"});
}

} // namespace caisson::config
