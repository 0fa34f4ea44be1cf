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
  CHECK(rules.allow == lines{"read_*"});
  CHECK(rules.deny == lines{"read_all"});
  CHECK(rules.max_result == 64 * 1024);
  CHECK(rules.on_large_result == large_result::error);
  CHECK(rules.refresh == millis{5'000});
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

} // namespace caisson::config
