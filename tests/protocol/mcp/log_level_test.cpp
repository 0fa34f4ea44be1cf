#include "protocol/mcp/log_level.hpp"

#include "tests/support/catch.hpp"

using namespace caisson::protocol::mcp;

TEST_CASE("the levels are those of RFC 5424, as JSON", "[mcp]") {
  CHECK(log_level_of(R"("debug")") == log_level::debug);
  CHECK(log_level_of(R"("emergency")") == log_level::emergency);
  for (auto wrong : {"", "debug", R"("DEBUG")", R"("trace")", "7", "null"})
    CHECK_FALSE(log_level_of(wrong));
}

TEST_CASE("a level is said as it is read", "[mcp]") {
  for (auto level : {log_level::debug, log_level::notice, log_level::emergency})
    CHECK(log_level_of(json_of(level)) == level);
}
