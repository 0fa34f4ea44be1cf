#include "server/config/cli.hpp"

#include "tests/support/catch.hpp"

namespace caisson::config {

namespace {

command asked(const std::vector<std::string>& arguments) {
  auto result = parse_command(arguments);
  REQUIRE(std::holds_alternative<command>(result));
  return std::get<command>(result);
}

std::string refused(const std::vector<std::string>& arguments) {
  auto result = parse_command(arguments);
  REQUIRE(std::holds_alternative<usage_error>(result));
  return std::get<usage_error>(result).message;
}

} // namespace

TEST_CASE("exit statuses are those of sysexits.h", "[cli]") {
  CHECK(exit_usage == 64);
  CHECK(exit_config == 78);
}

TEST_CASE("serve takes a file and overrides in order", "[cli]") {
  CHECK(asked({"serve"}).what == action::serve);
  CHECK(asked({"serve"}).config_file.empty());
  auto made = asked({"serve", "--set", "a.b=c=d", "--config", "x.toml",
                     "--set=e.f=", "--set", "g=h"});
  CHECK(made.what == action::serve);
  CHECK(made.config_file == "x.toml");
  REQUIRE(made.overrides.size() == 3);
  CHECK(made.overrides[0].key == "a.b");
  CHECK(made.overrides[0].value == "c=d");
  CHECK(made.overrides[1].key == "e.f");
  CHECK(made.overrides[1].value.empty());
  CHECK(made.overrides[2].key == "g");
}

TEST_CASE("check-config takes the same", "[cli]") {
  auto made = asked({"check-config", "--config=x.toml", "--set", "a=b"});
  CHECK(made.what == action::check_config);
  CHECK(made.config_file == "x.toml");
  CHECK(made.overrides.size() == 1);
}

TEST_CASE("mcp-stdio takes the same", "[cli]") {
  auto made = asked({"mcp-stdio", "--config", "x.toml", "--set=a=b"});
  CHECK(made.what == action::mcp_stdio);
  CHECK(made.config_file == "x.toml");
  CHECK(made.overrides.size() == 1);
}

TEST_CASE("help and version are commands", "[cli]") {
  CHECK(asked({"--version"}).what == action::version);
  CHECK(asked({"--help"}).what == action::help);
  CHECK(asked({"-h"}).what == action::help);
  CHECK(asked({"serve", "--help"}).what == action::help);
  for (auto word :
       {"serve", "check-config", "mcp-stdio", "--config", "--set", "--version"})
    CHECK(help_text().find(word) != std::string_view::npos);
}

TEST_CASE("a wrong call says what was meant", "[cli]") {
  CHECK(refused({})
        == "a command is missing, serve, check-config or mcp-stdio; see "
           "caisson --help");
  CHECK(refused({"sreve"})
        == "unknown command \"sreve\", nearest is serve; see caisson "
           "--help");
  CHECK(refused({"serve", "--confg", "x"})
        == "unknown flag \"--confg\", nearest is --config; see "
           "caisson --help");
  CHECK(refused({"--verison"}).find("nearest is --version")
        != std::string::npos);
  CHECK(refused({"--config", "x"}).find("a command is missing before --config")
        != std::string::npos);
  CHECK(refused({"serve", "x.toml"}).find("unexpected \"x.toml\"")
        != std::string::npos);
  CHECK(refused({"mcp-stdoi"}).find("nearest is mcp-stdio")
        != std::string::npos);
}

TEST_CASE("flags need their values", "[cli]") {
  CHECK(refused({"serve", "--config"}).find("--config names no file")
        != std::string::npos);
  CHECK(refused({"serve", "--config="}).find("--config names no file")
        != std::string::npos);
  CHECK(refused({"serve", "--config", "a", "--config", "b"})
          .find("--config stands twice")
        != std::string::npos);
  for (auto& wrong :
       std::vector<std::vector<std::string>>{{"serve", "--set"},
                                             {"serve", "--set", "hunter2"},
                                             {"serve", "--set", "=hunter2"},
                                             {"serve", "--set=hunter2"}}) {
    auto message = refused(wrong);
    CHECK(message.find("--set needs section.key=value") != std::string::npos);
    CHECK(message.find("hunter2") == std::string::npos);
  }
}

TEST_CASE("an unknown flag does not show what stands behind it", "[cli]") {
  CHECK(refused({"serve", "--token=hunter2"}).find("hunter2")
        == std::string::npos);
  CHECK(refused({"--token=hunter2"}).find("hunter2") == std::string::npos);
}

} // namespace caisson::config
