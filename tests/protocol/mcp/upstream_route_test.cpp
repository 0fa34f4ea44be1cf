#include "protocol/mcp/upstream_route.hpp"

#include "tests/support/catch.hpp"

using namespace caisson;
using namespace caisson::protocol::mcp;

namespace {

/// A server "up" with a tool, a prompt, a resource and a template, all of its
/// names prefixed.
federation through() {
  auto one = std::make_shared<server_offers>();
  one->name = "up";
  one->rules.prefix = name_prefix::always;
  one->lists[0].push_back({"tool", "", "", R"({"name":"tool"})", true, {}});
  one->lists[1].push_back(
    {"prompt", "", "", R"({"name":"prompt"})", false, {}});
  one->lists[2].push_back({"a://b", "", "", "{}", false, {}});
  one->lists[3].push_back({"t://{x}", "", "", "{}", false, {}});
  return {{}, {one}};
}

struct routed {
  std::optional<upstream_route> to;
  std::string members;
};

routed route(const std::string& method, const std::string& params) {
  static const auto all = through();
  auto body = R"({"jsonrpc":"2.0","id":1,"method":")" + method
              + R"(","params":)" + params + '}';
  const auto read = read_body(body);
  REQUIRE(read.has_value());
  const auto& one = read->messages.front();
  auto to = route_upstream(all, one, read_params(one.params));
  auto members = to ? to->call->members : std::string{};
  return {std::move(to), std::move(members)};
}

} // namespace

TEST_CASE("a tool and a prompt are asked for by the server's own names",
          "[mcp]") {
  auto tool = route("tools/call", R"({"name":"up__tool","arguments":{}})");
  REQUIRE(tool.to);
  CHECK(tool.members == R"("name":"tool","arguments":{})");
  CHECK(tool.to->call->name == "tool");
  CHECK(tool.to->call->method == "tools/call");
  CHECK(repeatable(*tool.to));
  CHECK(route("prompts/get", R"({"name":"up__prompt"})").members
        == R"("name":"prompt")");
}

TEST_CASE("resources go by what they are", "[mcp]") {
  auto listed = route("resources/read", R"({"uri":"a://b"})");
  REQUIRE(listed.to);
  CHECK(listed.members == R"("uri":"a://b")");
  CHECK(listed.to->call->name == "a://b");
  CHECK(repeatable(*listed.to));
  CHECK(route("resources/read", R"({"uri":"t://5"})").to);
}

TEST_CASE("what is completed is named in the server's words", "[mcp]") {
  auto prompt = route("completion/complete",
                      R"({"ref":{"type":"ref/prompt","name":"up__prompt"},)"
                      R"("argument":{"name":"a","value":"v"}})");
  REQUIRE(prompt.to);
  CHECK(prompt.members
        == R"("ref":{"type":"ref/prompt","name":"prompt"},)"
           R"("argument":{"name":"a","value":"v"})");
  CHECK(route("completion/complete",
              R"({"ref":{"type":"ref/resource","uri":"t://{x}"},)"
              R"("argument":{"name":"x","value":""}})")
          .to);
}

TEST_CASE("everything else is the node's own", "[mcp]") {
  CHECK_FALSE(route("tools/call", R"({"name":"tool"})").to);
  CHECK_FALSE(route("tools/call", "{}").to);
  CHECK_FALSE(route("resources/read", R"({"uri":"b://b"})").to);
  CHECK_FALSE(route("tools/list", "{}").to);
  CHECK_FALSE(route("completion/complete", "{}").to);
}
