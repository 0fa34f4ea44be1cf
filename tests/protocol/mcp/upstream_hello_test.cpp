#include "protocol/mcp/upstream_hello.hpp"

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>

#include "tests/support/catch.hpp"

using namespace caisson::protocol::mcp;

namespace bj = boost::json;

namespace {

constexpr std::string_view info = R"({"name":"caisson"})";

/// Reads a body and keeps it.
struct said {
  explicit said(std::string text) : body{std::move(text)} {
    read = read_body(body);
  }
  const message& one() const { return read->messages.front(); }
  std::string body;
  checked<post_body> read = rpc_error{};
};

said result(const std::string& members) {
  return said{R"({"jsonrpc":"2.0","id":7,"result":)" + members + '}'};
}

} // namespace

TEST_CASE("a server is asked for its revisions as a modern client asks",
          "[mcp]") {
  const auto body = bj::parse(write_discover_request(7, info));
  CHECK(body.at("method") == "server/discover");
  CHECK(body.at("id") == 7);
  const auto meta = body.at("params").at("_meta");
  CHECK(meta.at("io.modelcontextprotocol/protocolVersion") == "2026-07-28");
  CHECK(meta.at("io.modelcontextprotocol/clientInfo").at("name") == "caisson");
}

TEST_CASE("a server is modern that names a revision of ours", "[mcp]") {
  CHECK(discovered(
    result(R"({"supportedVersions":["2031-01-01","2026-07-28"]})").one()));
  for (auto other : {R"({"supportedVersions":["2031-01-01"]})",
                     R"({"supportedVersions":"2026-07-28"})", "{}"})
    CHECK_FALSE(discovered(result(other).one()));
}

TEST_CASE("a refusal that names a revision of ours wants to be asked again",
          "[mcp]") {
  const auto refusal = [](const std::string& error) {
    return said{R"({"jsonrpc":"2.0","id":7,"error":)" + error + '}'};
  };
  CHECK(
    wants_latest(refusal(R"({"code":-32022,"message":"no",)"
                         R"("data":{"supported":["2031-01-01","2026-07-28"]}})")
                   .one()));
  for (auto other :
       {R"({"code":-32022,"message":"no","data":{"supported":["2031-01-01"]}})",
        R"({"code":-32022,"message":"no"})",
        R"({"code":-32000,"message":"","data":{"supported":["2026-07-28"]}})"})
    CHECK_FALSE(wants_latest(refusal(other).one()));
  CHECK_FALSE(wants_latest(result("{}").one()));
}

TEST_CASE("a session is begun for what its clients can be asked", "[mcp]") {
  const auto capabilities = [](client_features client) {
    return bj::serialize(bj::parse(write_initialize_request(7, client, info))
                           .at("params")
                           .at("capabilities"));
  };
  CHECK(capabilities({}) == "{}");
  CHECK(capabilities({true, true, false, true})
        == R"({"sampling":{},"elicitation":{},"roots":{}})");
  CHECK(capabilities({false, true, true, false})
        == R"({"elicitation":{"form":{},"url":{}}})");
  CHECK(capabilities({false, false, true, false})
        == R"({"elicitation":{"url":{}}})");
  CHECK(bj::parse(write_initialize_request(7, {}, info))
          .at("params")
          .at("protocolVersion")
        == "2025-11-25");
}

TEST_CASE("only a revision with sessions can be agreed on", "[mcp]") {
  CHECK(agreed(result(R"({"protocolVersion":"2025-03-26"})").one())
        == revision::v2025_03_26);
  for (auto other : {R"({"protocolVersion":"2026-07-28"})",
                     R"({"protocolVersion":"1999-01-01"})", "{}"})
    CHECK_FALSE(agreed(result(other).one()));
}

TEST_CASE("a session is set to a level, and told of what was cancelled",
          "[mcp]") {
  const auto level = bj::parse(write_set_level(7, R"("debug")"));
  CHECK(level.at("method") == "logging/setLevel");
  CHECK(level.at("params").at("level") == "debug");
  const auto gone = bj::parse(write_cancelled(7));
  CHECK(gone.at("method") == "notifications/cancelled");
  CHECK(gone.at("params").at("requestId") == 7);
  CHECK_FALSE(gone.as_object().contains("id"));
}

TEST_CASE("a session is lost where the server refuses it and not the request",
          "[mcp]") {
  const auto error = [](std::string id, std::string code) {
    return said{R"({"jsonrpc":"2.0","id":)" + id + R"(,"error":{"code":)" + code
                + R"(,"message":"m"}})"};
  };
  CHECK(state_of(404, nullptr, 7) == session_state::lost);
  CHECK(state_of(400, nullptr, 7) == session_state::lost);
  const auto unknown = error("null", "-32001");
  CHECK(state_of(404, unknown.read ? &unknown.one() : nullptr, 7)
        == session_state::lost);
  const auto refused = error("7", "-32000");
  CHECK(state_of(400, &refused.one(), 7) == session_state::lost);
  const auto own = error("7", "-32602");
  CHECK(state_of(400, &own.one(), 7) == session_state::sound);
  const auto other = error("8", "-32602");
  CHECK(state_of(400, &other.one(), 7) == session_state::lost);
  CHECK(state_of(500, nullptr, 7) == session_state::sound);
  CHECK(state_of(401, nullptr, 7) == session_state::sound);
}
