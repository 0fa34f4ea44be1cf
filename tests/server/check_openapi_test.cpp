#include "server/config/check_openapi.hpp"

#include <fstream>

#include "protocol/openapi/document.hpp"
#include "server/config/yaml.hpp"
#include "tests/server/config_fixture.hpp"

// Rules of dependencies that a description stands for.

namespace caisson::config {

namespace {

constexpr auto shop = CAISSON_SOURCE_DIR "/tests/system/harness/shop.yaml";

std::string api(const std::string& spec) {
  return "[dependency.a]\nkind = \"openapi\"\n"
         "url = \"https://api.example.com\"\n"
         + (spec.empty() ? "" : "spec = \"" + spec + "\"\n");
}

} // namespace

TEST_CASE("an API needs an address and a description", "[config]") {
  auto made = accepted({api(shop)});
  auto& one = made.dependencies.front();
  CHECK(one.mcp.spec == shop);
  REQUIRE(one.mcp.description);
  CHECK(
    protocol::openapi::read_document(*one.mcp.description)->operations.size()
    == 5);
  CHECK(one.bulkhead.concurrency == 50);
  CHECK(complaints({api("")}).at(0).find("dependency.a has no spec, expected")
        != std::string::npos);
  CHECK(complaints({"[dependency.a]\nkind = \"openapi\"\n"}).size() == 2);
}

TEST_CASE("a description that is none is told with its reason", "[config]") {
  CHECK(complaints({api("/nowhere")}).size() == 1);
  CHECK(complaints({api(CAISSON_SOURCE_DIR "/config/caisson.toml")})
          .at(0)
          .find("dependency.a.spec")
        != std::string::npos);
  CHECK(complaints({api(CAISSON_SOURCE_DIR "/.clang-format")})
          .at(0)
          .find("the description is not of OpenAPI 3.0 or 3.1")
        != std::string::npos);
}

TEST_CASE("only an API has a description", "[config]") {
  CHECK(complaints({"[dependency.local]\nkind = \"simulated\"\nspec = \""
                    + std::string{shop} + "\"\n"})
          .size()
        == 1);
}

TEST_CASE("YAML is read by its core schema", "[config]") {
  auto json = [](const std::string& text) {
    return json_of_yaml(text).value_or("nothing");
  };
  CHECK(json("a: 1\nb: [x, 'y', \"2\", ~, true, 1.5, 2e3]\n")
        == R"({"a":1,"b":["x","y","2",null,true,1.5,2000]})");
  CHECK(json("200: {x: no}\n") == R"({"200":{"x":"no"}})");
  CHECK(json("a: &x {b: 1}\nc: *x\n") == R"({"a":{"b":1},"c":{"b":1}})");
  CHECK(json("a: |\n  two\n  lines\n") == R"({"a":"two\nlines\n"})");
  CHECK(json("a: .inf\n") == R"({"a":".inf"})");
  CHECK(json("? {a: b}\n: c\n") == "nothing");
  CHECK(json("a: [") == "nothing");
  std::string bomb = "a0: &a0 [x,x,x,x,x,x,x,x,x,x]\n";
  for (auto i = 1; i < 9; ++i) {
    auto to = "*a" + std::to_string(i - 1);
    bomb += "a" + std::to_string(i) + ": &a" + std::to_string(i) + " [" + to;
    for (auto j = 0; j < 9; ++j)
      bomb += "," + to;
    bomb += "]\n";
  }
  CHECK(json(bomb) == "nothing");
}

} // namespace caisson::config
