#include "protocol/mcp/revision.hpp"

#include "protocol/mcp/revision_list.hpp"
#include "tests/support/catch.hpp"

using namespace caisson::protocol::mcp;

TEST_CASE("revisions are known by their dates", "[mcp]") {
  for (auto name : revision_names) {
    const auto known = revision_of(name);
    REQUIRE(known);
    CHECK(name_of(*known) == name);
  }
  CHECK_FALSE(revision_of("1999-01-01"));
  CHECK_FALSE(revision_of(""));
  CHECK(era_of(revision::v2025_11_25) == era::legacy);
  CHECK(era_of(revision::v2026_07_28) == era::modern);
}

TEST_CASE("initialize agrees on a legacy revision, whatever is asked",
          "[mcp]") {
  CHECK(negotiate("2024-11-05") == revision::v2024_11_05);
  CHECK(negotiate("2025-06-18") == revision::v2025_06_18);
  CHECK(negotiate("2026-07-28") == revision::v2025_11_25);
  CHECK(negotiate("1999-01-01") == revision::v2025_11_25);
}

TEST_CASE("arrays end with 2025-06-18, priming begins with 2025-11-25",
          "[mcp]") {
  CHECK(takes_batches(revision::v2025_03_26));
  CHECK_FALSE(takes_batches(revision::v2025_06_18));
  CHECK_FALSE(primes_streams(revision::v2025_06_18));
  CHECK(primes_streams(revision::v2025_11_25));
  CHECK_FALSE(primes_streams(revision::v2026_07_28));
}

TEST_CASE("each era has its list", "[mcp]") {
  CHECK(list_revisions(era::modern) == R"(["2026-07-28"])");
  CHECK(list_revisions(era::legacy)
        == R"(["2024-11-05","2025-03-26","2025-06-18","2025-11-25"])");
}
