#include "protocol/mcp/upstream_answer.hpp"

#include <boost/json/parse.hpp>

#include "tests/support/catch.hpp"

using namespace caisson;
using namespace caisson::protocol::mcp;
using kind = upstream_answer::kind;

namespace bj = boost::json;

namespace {

upstream_answer::asked client(era spoken, std::string method = "tools/call") {
  upstream_answer::asked made;
  made.spoken = spoken;
  made.id = R"("theirs")";
  made.method = std::move(method);
  return made;
}

upstream_answer::step hear(const upstream_answer::asked& by,
                           std::string message) {
  return upstream_answer{by, {}}.take(message, R"("q-1")");
}

std::string result(const std::string& members) {
  return R"({"jsonrpc":"2.0","id":7,"result":)" + members + '}';
}

std::string error(const std::string& code) {
  return R"({"jsonrpc":"2.0","id":7,"error":{"code":)" + code
         + R"(,"message":"m","data":{"d":1}}})";
}

std::string told(const std::string& method, const std::string& params) {
  return R"({"jsonrpc":"2.0","method":")" + method + R"(","params":)" + params
         + '}';
}

std::string asks(const std::string& method, const std::string& params) {
  return R"({"jsonrpc":"2.0","id":"s-1","method":")" + method + R"(","params":)"
         + params + '}';
}

} // namespace

TEST_CASE("a client of a session gets the result as the server gave it",
          "[mcp]") {
  const auto said = hear(client(era::legacy), result(R"({"content":[1.0]})"));
  CHECK(said.what == kind::response);
  CHECK(said.text
        == R"({"jsonrpc":"2.0","id":"theirs","result":{"content":[1.0]}})");
  CHECK_FALSE(said.tool_failed);
}

TEST_CASE("a modern client gets what its era adds, unless the server did",
          "[mcp]") {
  const auto added = bj::parse(
    hear(client(era::modern, "resources/read"), result(R"({"contents":[]})"))
      .text);
  CHECK(added.at("result").at("resultType") == "complete");
  CHECK(added.at("result").at("ttlMs") == 0);
  CHECK(added.at("result").at("cacheScope") == "private");
  const auto there
    = hear(client(era::modern), result(R"({"resultType":"input_required"})"));
  CHECK(there.text
        == R"({"jsonrpc":"2.0","id":"theirs",)"
           R"("result":{"resultType":"input_required"}})");
}

TEST_CASE("what a modern server wants to know the client of a session is asked",
          "[mcp]") {
  const auto wanted = result(
    R"({"resultType":"input_required","inputRequests":{"a":)"
    R"({"method":"elicitation/create","params":{}}},"requestState":"s"})");
  auto by = client(era::legacy);
  const auto refused = hear(by, wanted);
  CHECK(refused.what == kind::response);
  CHECK(refused.error == -32600);
  by.client.elicitation = true;
  const auto said = hear(by, wanted);
  CHECK(said.what == kind::input);
  REQUIRE(said.wanted.requests.size() == 1);
  CHECK(said.wanted.requests.front().key == "a");
  CHECK(said.wanted.state == "s");
}

TEST_CASE("a tool that has failed is told from one that was refused", "[mcp]") {
  CHECK(hear(client(era::legacy), result(R"({"isError":true})")).tool_failed);
  const auto refused = hear(client(era::legacy), error("-32602"));
  CHECK(refused.error == -32602);
  CHECK(refused.status == 200);
  const auto read = bj::parse(refused.text);
  CHECK(read.at("id") == "theirs");
  CHECK(read.at("error").at("data").at("d") == 1);
}

TEST_CASE("modern clients hear of what they lack by the status too", "[mcp]") {
  CHECK(hear(client(era::modern), error("-32021")).status == 400);
  CHECK(hear(client(era::modern), error("-32601")).status == 404);
  CHECK(hear(client(era::modern), error("-32602")).status == 200);
}

TEST_CASE("a resource that is none has another code in the modern era",
          "[mcp]") {
  auto by = client(era::modern, "resources/read");
  by.uri = "a://b";
  const auto read = bj::parse(hear(by, error("-32002")).text);
  CHECK(read.at("error").at("code") == -32602);
  CHECK(read.at("error").at("data").at("uri") == "a://b");
  CHECK(read.at("id") == "theirs");
}

TEST_CASE("progress comes under the client's own token, if it has one",
          "[mcp]") {
  const auto progress
    = told("notifications/progress", R"({"progressToken":7,"progress":0.5})");
  CHECK(hear(client(era::legacy), progress).what == kind::nothing);
  auto by = client(era::legacy);
  by.progress_token = R"("p")";
  const auto said = hear(by, progress);
  CHECK(said.what == kind::notification);
  CHECK(said.text
        == told("notifications/progress",
                R"({"progressToken":"p","progress":0.5})"));
}

TEST_CASE("of the log a client hears what is grave enough for it", "[mcp]") {
  const auto line = [](const std::string& level) {
    return told("notifications/message",
                R"({"level":")" + level + R"(","data":"x"})");
  };
  CHECK(hear(client(era::modern), line("error")).what == kind::nothing);
  auto by = client(era::modern);
  by.level = log_level::warning;
  CHECK(hear(by, line("error")).what == kind::notification);
  CHECK(hear(by, line("warning")).what == kind::notification);
  CHECK(hear(by, line("info")).what == kind::nothing);
  CHECK(hear(by, line("loud")).what == kind::nothing);
}

TEST_CASE("a client is asked what it can be asked, under another id", "[mcp]") {
  auto by = client(era::legacy);
  by.client.elicitation = true;
  const auto said = hear(by, asks("elicitation/create", R"({"message":"m"})"));
  CHECK(said.what == kind::question);
  CHECK(said.id == R"("s-1")");
  CHECK(bj::parse(said.text).at("id") == "q-1");
  CHECK(bj::parse(said.text).at("params").at("message") == "m");
}

TEST_CASE("what it cannot be asked the node answers for it", "[mcp]") {
  auto by = client(era::legacy);
  by.client.elicitation = true;
  for (auto& question : {asks("elicitation/create", R"({"mode":"url"})"),
                         asks("sampling/createMessage", "{}"),
                         asks("roots/list", "{}"), asks("else", "{}")}) {
    INFO(question);
    const auto said = hear(by, question);
    CHECK(said.what == kind::answered);
    CHECK(bj::parse(said.text).at("id") == "s-1");
    CHECK(bj::parse(said.text).at("error").at("code") == -32601);
  }
  const auto alive = hear(by, asks("ping", "{}"));
  CHECK(alive.what == kind::answered);
  CHECK(bj::parse(alive.text).as_object().contains("result"));
}

TEST_CASE("a result that is too large is bounded", "[mcp]") {
  mcp_server_settings rules;
  rules.max_result = 1024;
  rules.on_large_result = large_result::error;
  auto message = result(R"({"content":[{"type":"text","text":")"
                        + std::string(5000, 'x') + R"("}]})");
  const auto said
    = upstream_answer{client(era::legacy), rules}.take(message, "1");
  CHECK(said.tool_failed);
  CHECK(said.text.size() < 1024);
}

TEST_CASE("what is no message says nothing", "[mcp]") {
  CHECK(hear(client(era::legacy), "nonsense").what == kind::nothing);
}
