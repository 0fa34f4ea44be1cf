#include "protocol/mcp/upstream_call.hpp"

#include <boost/json/parse.hpp>

#include "protocol/json/strict.hpp"
#include "tests/support/catch.hpp"

using namespace caisson::protocol;
using namespace caisson::protocol::mcp;

namespace bj = boost::json;

namespace {

constexpr std::string_view info = R"({"name":"caisson"})";

upstream_call taken(std::string params, std::string_view member = {},
                    std::string_view value = {}) {
  params.reserve(params.size() + json::padding);
  upstream_call made;
  made.method = "tools/call";
  take_params(made, params, member, value);
  return made;
}

bj::value written(const upstream_call& what, era spoken) {
  return bj::parse(write_upstream(what, spoken, 7, info));
}

} // namespace

TEST_CASE("params go on as they came, by the server's own name", "[mcp]") {
  const auto call
    = taken(R"({"name":"a__x","arguments":{"n":1.50}})", "name", R"("x")");
  CHECK(call.members == R"("name":"x","arguments":{"n":1.50})");
  CHECK(write_upstream(call, era::legacy, 7, info)
        == R"({"jsonrpc":"2.0","id":7,"method":"tools/call","params":)"
           R"({"name":"x","arguments":{"n":1.50}}})");
}

TEST_CASE("without params there is an object still", "[mcp]") {
  CHECK(written(taken({}), era::legacy).at("params").as_object().empty());
}

TEST_CASE("progress is asked for under our own number", "[mcp]") {
  const auto call
    = taken(R"({"name":"x","_meta":{"progressToken":"theirs","trace":"t"}})");
  CHECK(call.wants_progress);
  const auto meta = written(call, era::legacy).at("params").at("_meta");
  CHECK(meta.at("progressToken") == 7);
  CHECK(meta.at("trace") == "t");
  CHECK(meta.as_object().size() == 2);
}

TEST_CASE("what a modern client says of itself goes to a modern server in our "
          "words, and to no legacy one",
          "[mcp]") {
  auto call = taken(
    R"({"_meta":{"io.modelcontextprotocol/protocolVersion":"2026-07-28",)"
    R"("io.modelcontextprotocol/clientInfo":{"name":"them"}}})");
  call.asked_in = era::modern;
  call.capabilities = R"({"sampling":{}})";
  call.level = log_level::warning;
  CHECK_FALSE(
    written(call, era::legacy).at("params").as_object().contains("_meta"));
  const auto meta = written(call, era::modern).at("params").at("_meta");
  CHECK(meta.at("io.modelcontextprotocol/protocolVersion") == "2026-07-28");
  CHECK(meta.at("io.modelcontextprotocol/clientInfo").at("name") == "caisson");
  CHECK(meta.at("io.modelcontextprotocol/clientCapabilities")
          .as_object()
          .contains("sampling"));
  CHECK(meta.at("io.modelcontextprotocol/logLevel") == "warning");
}

TEST_CASE("a modern server hears what the client of a session can be asked",
          "[mcp]") {
  auto call = taken({});
  const auto said = [&call] {
    return written(call, era::modern)
      .at("params")
      .at("_meta")
      .at("io.modelcontextprotocol/clientCapabilities");
  };
  CHECK(said().as_object().empty());
  call.client.elicitation = true;
  CHECK(said().as_object().size() == 1);
  CHECK(said().as_object().contains("elicitation"));
}

TEST_CASE("headers say what the body says", "[mcp]") {
  auto call = taken({});
  call.name = "n\xc3\xa4me";
  call.arguments = R"({"region":"eu","n":null})";
  call.mirrored
    = {{{"region"}, "Mcp-Param-Region", {}}, {{"n"}, "Mcp-Param-N", {}}};
  const auto fields = upstream_headers(call);
  REQUIRE(fields.size() == 3);
  CHECK(fields[0] == header_list::value_type{"Mcp-Method", "tools/call"});
  CHECK(fields[1]
        == header_list::value_type{"Mcp-Name", "=?base64?bsOkbWU=?="});
  CHECK(fields[2] == header_list::value_type{"Mcp-Param-Region", "eu"});
}

TEST_CASE("calls of the same words are known again", "[mcp]") {
  CHECK(taken(R"({"name":"x"})").fingerprint()
        == taken(R"({"name":"x"})").fingerprint());
  CHECK(taken(R"({"name":"x"})").fingerprint()
        != taken(R"({"name":"y"})").fingerprint());
}
