#include "actors/dependency/family.hpp"

#include "tests/support/catch.hpp"

using namespace caisson;

TEST_CASE("models live at LLM providers only", "[family]") {
  for (auto kind : {"openai", "anthropic", "google", "openai_compatible",
                    "simulated", "of a name not heard before"})
    CHECK(family_of(kind).serves_models);
  for (auto kind : {"redis", "mcp_http", "mcp_stdio", "openapi"})
    CHECK_FALSE(family_of(kind).serves_models);
}

TEST_CASE("tools are offered by servers of tools only", "[family]") {
  for (auto kind : {"mcp_http", "mcp_stdio", "openapi"})
    CHECK(family_of(kind).offers_tools);
  for (auto kind : {"openai", "simulated", "redis", "sqlite", "another"})
    CHECK_FALSE(family_of(kind).offers_tools);
}

TEST_CASE("a family's faults have codes of its own", "[family]") {
  auto& llm = family_of("openai");
  CHECK(name_of(llm.error) == "external.llm.error");
  CHECK(name_of(llm.timeout) == "external.llm.timeout");
  CHECK(name_of(llm.unavailable) == "external.llm.unavailable");
  CHECK(name_of(llm.rate_limited) == "external.llm.rate_limited");
  auto& redis = family_of("redis");
  CHECK(name_of(redis.error) == "external.redis.error");
  CHECK(name_of(redis.timeout) == "external.redis.timeout");
  CHECK(name_of(redis.unavailable) == "external.redis.unavailable");
  CHECK(name_of(redis.rate_limited) == "external.redis.unavailable");
  auto& mcp = family_of("mcp_http");
  CHECK(name_of(mcp.error) == "external.mcp.error");
  CHECK(name_of(mcp.timeout) == "external.mcp.timeout");
  CHECK(name_of(mcp.unavailable) == "external.mcp.unavailable");
  CHECK(name_of(mcp.rate_limited) == "external.mcp.unavailable");
}
