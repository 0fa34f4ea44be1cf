#include "protocol/mcp/era.hpp"

#include "tests/support/catch.hpp"

using namespace caisson::protocol::mcp;

namespace {

const std::string whole
  = R"({"io.modelcontextprotocol/protocolVersion":"2026-07-28",)"
    R"("io.modelcontextprotocol/clientCapabilities":{}})";

std::string ask(std::string_view method, std::string_view meta,
                std::string_view more = {}) {
  std::string body
    = R"({"jsonrpc":"2.0","id":8,"method":")" + std::string{method} + '"';
  if (!meta.empty())
    body
      += R"(,"params":{"_meta":)" + std::string{meta} + std::string{more} + '}';
  return body + '}';
}

checked<route> decide(std::string body, const standard_headers& headers = {}) {
  auto read = read_body(body);
  REQUIRE(read.has_value());
  return decide_era(*read, read_params(read->messages.front().params), headers);
}

/// The refusal, whose id is the request's.
rpc_error refusal(std::string body, const standard_headers& headers = {}) {
  auto where = decide(std::move(body), headers);
  REQUIRE(where.has_error());
  return where.error();
}

standard_headers modern(std::string_view method) {
  return {"2026-07-28", method, std::nullopt};
}

} // namespace

TEST_CASE("a request without a claim is legacy, whatever Mcp-Method says",
          "[mcp]") {
  const auto where
    = decide(ask("tools/list", ""), {std::nullopt, "tools/list", std::nullopt});
  REQUIRE(where.has_value());
  CHECK(where->spoken == era::legacy);
  CHECK_FALSE(where->named);
  CHECK(decide(ask("tools/list", ""), {"2025-06-18", {}, {}})->named
        == revision::v2025_06_18);
}

TEST_CASE("a whole claim makes a request modern", "[mcp]") {
  const auto where = decide(ask("tools/list", whole), modern("tools/list"));
  REQUIRE(where.has_value());
  CHECK(where->spoken == era::modern);
  CHECK(where->named == revision::v2026_07_28);
}

TEST_CASE("initialize is legacy and may name any revision", "[mcp]") {
  for (auto meta :
       {"", "{}", R"({"io.modelcontextprotocol/protocolVersion":3})"}) {
    INFO(meta);
    const auto where = decide(ask("initialize", meta));
    REQUIRE(where.has_value());
    CHECK(where->initialize);
    CHECK(where->spoken == era::legacy);
  }
  CHECK(decide(ask("initialize", ""), {"1999-01-01", {}, {}}).has_value());
  CHECK(refusal(ask("initialize", ""), {"2026-07-28", {}, {}}).code
        == error_code::header_mismatch);
  // With a whole claim it is a modern request of a method that is no more.
  const auto where = decide(ask("initialize", whole), modern("initialize"));
  REQUIRE(where.has_value());
  CHECK(where->spoken == era::modern);
}

TEST_CASE("a modern header without a claim lacks its _meta", "[mcp]") {
  const auto what = refusal(ask("tools/list", ""), modern("tools/list"));
  CHECK(what.code == error_code::invalid_params);
  CHECK(what.status == 400);
  CHECK(what.id == "8");
  CHECK(refusal(ask("tools/list",
                    R"({"io.modelcontextprotocol/clientCapabilities":{}})"),
                modern("tools/list"))
          .code
        == error_code::invalid_params);
}

TEST_CASE("a claim that is not whole is refused, not taken for legacy",
          "[mcp]") {
  for (auto meta :
       {R"({"io.modelcontextprotocol/protocolVersion":"2026-07-28"})",
        R"({"io.modelcontextprotocol/protocolVersion":7,)"
        R"("io.modelcontextprotocol/clientCapabilities":{}})",
        R"({"io.modelcontextprotocol/protocolVersion":"2026-07-28",)"
        R"("io.modelcontextprotocol/clientCapabilities":1})"}) {
    INFO(meta);
    const auto what = refusal(ask("tools/list", meta));
    CHECK(what.code == error_code::invalid_params);
    CHECK(what.status == 400);
  }
}

TEST_CASE("header and body must name the same revision", "[mcp]") {
  const auto what
    = refusal(ask("tools/list", whole), {"2025-11-25", "tools/list", {}});
  CHECK(what.code == error_code::header_mismatch);
  CHECK(what.status == 400);
  CHECK(what.id == "8");
}

TEST_CASE("a revision that is not spoken is told which are", "[mcp]") {
  const auto what
    = refusal(ask("tools/list",
                  R"({"io.modelcontextprotocol/protocolVersion":"2099-01-01",)"
                  R"("io.modelcontextprotocol/clientCapabilities":{}})"),
              {"2099-01-01", "tools/list", {}});
  CHECK(what.code == error_code::unsupported_version);
  CHECK(what.status == 400);
  CHECK(what.data.find(R"("requested":"2099-01-01")") != what.data.npos);
  CHECK(what.data.find("2026-07-28") != what.data.npos);
  const auto legacy = refusal(ask("tools/list", ""), {"2099-01-01", {}, {}});
  CHECK(legacy.code == error_code::bad_request);
  CHECK(legacy.status == 400);
}

TEST_CASE("a claim of a legacy revision is legacy", "[mcp]") {
  const auto where = decide(
    ask("tools/list",
        R"({"io.modelcontextprotocol/protocolVersion":"2025-11-25"})"));
  REQUIRE(where.has_value());
  CHECK(where->spoken == era::legacy);
  CHECK(where->named == revision::v2025_11_25);
}

TEST_CASE("an array is legacy unless anything of it is modern", "[mcp]") {
  const auto both
    = '[' + ask("ping", "") + ',' + ask("tools/list", whole) + ']';
  CHECK(refusal(both).code == error_code::invalid_request);
  CHECK(refusal('[' + ask("ping", "") + ']', {"2026-07-28", {}, {}}).code
        == error_code::invalid_request);
  const auto where = decide('[' + ask("ping", "") + ']');
  REQUIRE(where.has_value());
  CHECK(where->spoken == era::legacy);
}

TEST_CASE("responses are legacy; notifications go by their header", "[mcp]") {
  CHECK(decide(R"({"jsonrpc":"2.0","id":1,"result":{}})")->spoken
        == era::legacy);
  const std::string told
    = R"({"jsonrpc":"2.0","method":"notifications/cancelled"})";
  CHECK(decide(told)->spoken == era::legacy);
  CHECK(decide(told, {"2026-07-28", {}, {}})->spoken == era::modern);
}

TEST_CASE("an id is that of the request in each refusal", "[mcp]") {
  CHECK(refusal(ask("tools/list", whole), {"2026-07-28", {}, {}}).id == "8");
  CHECK(refusal(R"({"jsonrpc":"2.0","method":"n","params":{"_meta":)"
                R"({"io.modelcontextprotocol/protocolVersion":7}}})")
          .id
        == "null");
}
