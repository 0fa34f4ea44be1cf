#include "protocol/mcp/access.hpp"

#include <algorithm>

#include "tests/support/catch.hpp"

using namespace caisson::protocol::mcp;

namespace {

bool allowed(std::string_view host, std::optional<std::string_view> origin = {},
             const access_rules& rules = {}) {
  const auto refusal = check_access(host, origin, rules);
  if (refusal)
    CHECK(refusal->status == 403);
  return !refusal;
}

std::string value_of(const header_list& from, std::string_view name) {
  const auto at = std::find_if(from.begin(), from.end(),
                               [=](auto& one) { return one.first == name; });
  return at == from.end() ? "" : at->second;
}

} // namespace

TEST_CASE("without rules, this machine's own names are served", "[mcp]") {
  for (auto host : {"localhost", "LocalHost:8080", "127.0.0.1", "127.1.2.3:1",
                    "[::1]", "[::1]:8080"}) {
    INFO(host);
    CHECK(allowed(host));
  }
  for (auto host :
       {"", "evil.example.com", "localhost.evil.com", "127.0.0.1.evil.com",
        "127.evil.com", "localhost:x", "evil@localhost", "[::2]", "0.0.0.0"}) {
    INFO(host);
    CHECK_FALSE(allowed(host));
  }
}

TEST_CASE("pages of other origins may not ask", "[mcp]") {
  CHECK(allowed("localhost:1", "http://localhost:3000"));
  CHECK(allowed("localhost:1", "https://127.0.0.1"));
  for (auto origin :
       {"http://evil.example.com", "null", "", "localhost", "file://localhost",
        "http://localhost.evil.com", "http://localhost/path"}) {
    INFO(origin);
    CHECK_FALSE(allowed("localhost", origin));
  }
}

TEST_CASE("rules name hosts, with or without a port, and origins", "[mcp]") {
  const access_rules rules{{"mcp.example.com", "other.example.com:81"},
                           {"https://app.example.com"}};
  CHECK(allowed("mcp.example.com", {}, rules));
  CHECK(allowed("MCP.example.com:8443", "https://app.example.com", rules));
  CHECK(allowed("other.example.com:81", {}, rules));
  CHECK_FALSE(allowed("other.example.com", {}, rules));
  CHECK_FALSE(allowed("localhost", {}, rules));
  CHECK_FALSE(allowed("mcp.example.com", "http://app.example.com", rules));
  CHECK(allowed("mcp.example.com", "https://any.org",
                {{"mcp.example.com"}, {"*"}}));
  // A public name does not open itself to pages of the visitor's machine.
  CHECK_FALSE(allowed("mcp.example.com", "http://localhost:3000",
                      {{"mcp.example.com"}, {}}));
}

TEST_CASE("a browser sees what a client of MCP needs", "[mcp]") {
  const auto headers = cors_headers("https://app.example.com");
  CHECK(value_of(headers, "Access-Control-Allow-Origin")
        == "https://app.example.com");
  const auto seen = value_of(headers, "Access-Control-Expose-Headers");
  for (auto name : {"Mcp-Session-Id", "WWW-Authenticate",
                    "MCP-Protocol-Version", "Last-Event-ID"})
    CHECK(seen.find(name) != seen.npos);
  CHECK(value_of(headers, "Vary") == "Origin");
}

TEST_CASE("a preflight allows what clients of MCP send", "[mcp]") {
  const auto headers = preflight_headers(
    "https://a.b", "content-type,mcp-session-id , Mcp-Param-Region,x-evil,"
                   "mcp-param-,,authorization");
  CHECK(value_of(headers, "Access-Control-Allow-Headers")
        == "content-type, mcp-session-id, Mcp-Param-Region, authorization");
  CHECK(value_of(headers, "Access-Control-Allow-Methods")
        == "GET, POST, DELETE, OPTIONS");
}
