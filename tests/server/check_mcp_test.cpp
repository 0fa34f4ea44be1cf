#include "server/config/check_mcp.hpp"

#include "tests/server/config_fixture.hpp"

// Rules of upstream servers of MCP.

namespace caisson::config {

namespace {

const std::string tools = "[dependency.t]\nkind = \"mcp_http\"\n"
                          "url = \"https://tools.example.com/mcp\"\n";

} // namespace

TEST_CASE("a server of tools needs an address and nothing else", "[config]") {
  auto made = accepted({tools});
  REQUIRE(made.dependencies.size() == 1);
  auto& one = made.dependencies.front();
  CHECK(one.models.empty());
  CHECK(one.mcp.prefix == name_prefix::on_collision);
  CHECK(one.mcp.on_large_result == large_result::truncate);
  CHECK(one.bulkhead.concurrency == 50);
  CHECK(complaints({"[dependency.t]\nkind = \"mcp_http\"\n"}).size() == 1);
}

TEST_CASE("what is offered is filtered and bounded as is said", "[config]") {
  auto made = accepted(
    {tools
     + "prefix = \"always\"\nallow = [\"read_*\"]\ndeny = [\"read_all\"]\n"
       "max_result = \"64KiB\"\non_large_result = \"error\"\n"
       "refresh = \"5s\"\n"});
  auto& rules = made.dependencies.front().mcp;
  CHECK(rules.prefix == name_prefix::always);
  CHECK(rules.tools.allow == lines{"read_*"});
  CHECK(rules.tools.deny == lines{"read_all"});
  CHECK(rules.max_result == 64 * 1024);
  CHECK(rules.on_large_result == large_result::error);
  CHECK(rules.refresh == millis{5'000});
}

TEST_CASE("what is too large may be kept, within bounds", "[config]") {
  auto made = accepted({tools
                        + "on_large_result = \"spill\"\n[mcp.spill]\n"
                          "max_entries = 7\nmax_bytes = \"1MiB\"\n"
                          "ttl = \"30s\"\n"});
  CHECK(made.dependencies.front().mcp.on_large_result == large_result::spill);
  CHECK(made.mcp.spill.max_entries == 7);
  CHECK(made.mcp.spill.max_bytes == 1024 * 1024);
  CHECK(made.mcp.spill.ttl == millis{30'000});
  CHECK(complaints({"[mcp.spill]\nttl = \"0s\"\nmax_entries = 0\n"}).size()
        == 2);
}

TEST_CASE("each tier is offered what is said of it", "[config]") {
  auto made = accepted({"[mcp.tiers.free]\nallow = [\"read_*\"]\n"
                        "[mcp.tiers.premium]\ndeny = [\"drop\"]\n"});
  CHECK(made.mcp.tiers.free.allow == lines{"read_*"});
  CHECK(made.mcp.tiers.premium.deny == lines{"drop"});
  CHECK(made.mcp.tiers.of(tier::anonymous).passes_all());
}

TEST_CASE("a tier that is none is an error with its place", "[config]") {
  auto said = complaints({"[mcp.tiers.fre]\nallow = [\"read_*\"]\n"});
  REQUIRE(said.size() == 1);
  CHECK(said[0].starts_with("caisson.toml:1:12: unknown table "
                            "\"mcp.tiers.fre\", expected \"mcp.tiers.free\""));
  CHECK(complaints({"[mcp.tiers.free]\nallow = [\"a b\"]\n"}).size() == 1);
}

TEST_CASE("tools have limits by name and by tier", "[config]") {
  auto made = accepted({"[limits.tools.\"git_*\"]\nminute = 30\n"
                        "anonymous = 3\n[limits.tools.mail]\nminute = 1\n"});
  auto& all = made.limits.tools;
  REQUIRE(all.size() == 2);
  CHECK(all[0].name == "git_*");
  CHECK(all[0].minute == 30);
  CHECK(all[0].anonymous == 3);
  CHECK_FALSE(all[0].premium);
  CHECK(all[1].name == "mail");
  CHECK(complaints({"[limits.tools.\"a b\"]\nminute = 1\n"}).size() == 1);
  CHECK(complaints({"[limits.tools.mail]\nminute = -1\n"}).size() == 1);
  CHECK(complaints({"[limits.tools.mail]\ngold = 1\n"}).size() == 1);
}

TEST_CASE("a server of tools has no models and no users", "[config]") {
  CHECK(complaints({tools + "models = [\"m\"]\nuser = \"u\"\n"}).size() == 2);
  CHECK(complaints({"[dependency.t]\nkind = \"mcp_http\"\n"
                    "url = \"redis://127.0.0.1\"\n"})
          .size()
        == 1);
}

TEST_CASE("nobody else offers tools", "[config]") {
  CHECK(complaints({"[dependency.local]\nkind = \"simulated\"\n"
                    "prefix = \"never\"\nrefresh = \"1s\"\n"})
          .size()
        == 2);
}

// -- processes ----------------------------------------------------------------

namespace {

const std::string process = "[dependency.p]\nkind = \"mcp_stdio\"\n"
                            "command = \"/bin/sh\"\n";

const mcp_process_settings& of(const settings& made) {
  return made.dependencies.front().mcp.process;
}

} // namespace

TEST_CASE("a process needs a command and nothing else", "[config]") {
  auto made = accepted({process});
  CHECK(of(made).command == "/bin/sh");
  CHECK(of(made).args.empty());
  CHECK(of(made).env.empty());
  CHECK(of(made).restarts == 5);
  CHECK(made.dependencies.front().bulkhead.concurrency == 50);
  CHECK(made.dependencies.front().models.empty());
  CHECK(complaints({"[dependency.p]\nkind = \"mcp_stdio\"\n"})
        == lines{"caisson.toml:2:8: dependency.p has no command, expected the "
                 "program to start, such as \"npx\""});
}

TEST_CASE("a command must be there to be run", "[config]") {
  for (auto command : {"/no/such/program", "no-such-program", "/etc/passwd",
                       "/tmp", "", "sh\\u0000"}) {
    INFO(command);
    auto said = complaints({"[dependency.p]\nkind = \"mcp_stdio\"\n"
                            "command = \""
                            + std::string{command} + "\"\n"});
    REQUIRE(said.size() == 1);
    CHECK(said[0].starts_with("caisson.toml:3:11: dependency.p.command names "
                              "no program that can be run"));
  }
  CHECK(of(accepted({"[dependency.p]\nkind = \"mcp_stdio\"\n"
                     "command = \"sh\"\n"}))
          .command
        == "sh");
}

TEST_CASE("a process runs with the arguments, variables and folder of the "
          "config",
          "[config]") {
  auto made = accepted({process
                          + "args = [\"-c\", \"a, b\"]\ndirectory = \"/\"\n"
                            "inherit = [\"PATH\"]\nrestarts = 1\n"
                            "restarts_within = \"5s\"\n"
                            "env = [\"A=b=c\", \"KEY=env:K\", \"EMPTY=\"]\n",
                        {{"K", "canary"}}});
  CHECK(of(made).args == lines{"-c", "a, b"});
  CHECK(of(made).directory == "/");
  CHECK(of(made).inherit == lines{"PATH"});
  CHECK(of(made).env == lines{"A=b=c", "KEY=canary", "EMPTY="});
  CHECK(of(made).restarts_within == millis{5'000});
}

TEST_CASE("a variable that is none is not quoted", "[config]") {
  for (auto wrong : {"canary", "=canary", "1A=canary", "A-B=canary"}) {
    auto said = complaints(
      {process + "env = [\"A=b\", \"" + std::string{wrong} + "\"]\n"});
    REQUIRE(said.size() == 1);
    CHECK(said[0].starts_with(
      "caisson.toml:4:15: dependency.p.env[1] is no variable"));
    CHECK(said[0].find("canary") == std::string::npos);
  }
  auto said = complaints({process + "env = [\"A=env:NOT_SET\"]\n"});
  REQUIRE(said.size() == 1);
  CHECK(said[0].find("env:NOT_SET, which is not set") != std::string::npos);
}

TEST_CASE("a process has no address, and others are none", "[config]") {
  CHECK(complaints({process + "url = \"http://127.0.0.1\"\nmodels = [\"m\"]\n"})
          .size()
        == 2);
  CHECK(complaints({tools + "command = \"sh\"\nenv = [\"A=b\"]\n"}).size()
        == 2);
  CHECK(complaints({process + "directory = \"/no/such/folder\"\n"}).size()
        == 1);
}

} // namespace caisson::config
