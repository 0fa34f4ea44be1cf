#include "protocol/mcp/own_server.hpp"

#include <boost/json/parse.hpp>

#include "tests/support/catch.hpp"

using namespace caisson::protocol::mcp;

namespace bj = boost::json;

namespace {

const own_server& server() {
  static const own_server it{
    R"({"name":"n","version":"1"})",
    {{"a://b", "b", "B", "A thing.", [] { return R"({"x":1})"; }}}};
  return it;
}

struct answer {
  outcome how;
  bj::value text;
};

answer ask(era spoken, std::string_view method, std::string_view params = {}) {
  std::string body
    = R"({"jsonrpc":"2.0","id":"q","method":")" + std::string{method} + '"';
  if (!params.empty())
    body += R"(,"params":)" + std::string{params};
  body += '}';
  auto read = read_body(body);
  REQUIRE(read.has_value());
  const auto& one = read->messages.front();
  const auto& all = server();
  auto how = all.serve(spoken, one, read_params(one.params), all.offers());
  auto text = bj::parse(all.write(spoken, one, how));
  CHECK(text.at("id") == "q");
  return {std::move(how), std::move(text)};
}

bj::value result(era spoken, std::string_view method,
                 std::string_view params = {}) {
  const auto said = ask(spoken, method, params).text;
  INFO(said);
  REQUIRE(said.as_object().contains("result"));
  return said.at("result");
}

std::int64_t code(era spoken, std::string_view method,
                  std::string_view params = {}) {
  const auto said = ask(spoken, method, params).text;
  INFO(said);
  REQUIRE(said.as_object().contains("error"));
  return said.at("error").at("code").as_int64();
}

} // namespace

TEST_CASE("the lists have what is offered", "[mcp]") {
  for (auto spoken : {era::legacy, era::modern}) {
    CHECK(result(spoken, "tools/list").at("tools").at(0).at("name")
          == "search_tools");
    CHECK(result(spoken, "prompts/list").at("prompts").as_array().size() == 3);
    CHECK(result(spoken, "resources/list").at("resources").at(0).at("uri")
          == "a://b");
    CHECK(result(spoken, "resources/templates/list")
            .at("resourceTemplates")
            .as_array()
            .empty());
  }
}

TEST_CASE("modern results say how long they hold, and of what kind they are",
          "[mcp]") {
  const auto list = result(era::modern, "tools/list");
  CHECK(list.at("resultType") == "complete");
  CHECK(list.at("ttlMs") == 60'000);
  CHECK(list.at("cacheScope") == "public");
  const auto read = result(era::modern, "resources/read", R"({"uri":"a://b"})");
  CHECK(read.at("ttlMs") == 0);
  CHECK(read.at("cacheScope") == "private");
  CHECK(result(era::modern, "server/discover").at("ttlMs") == 60'000);
  CHECK_FALSE(
    result(era::legacy, "tools/list").as_object().contains("resultType"));
}

TEST_CASE("a tool is called", "[mcp]") {
  const auto said
    = ask(era::legacy, "tools/call", R"({"name":"search_tools"})");
  CHECK(said.text.at("result").at("structuredContent").at("total") == 1);
  CHECK(said.how.tool == "search_tools");
  CHECK_FALSE(said.how.tool_failed);
  CHECK(ask(era::legacy, "tools/call",
            R"({"name":"search_tools","arguments":{"limit":0}})")
          .how.tool_failed);
}

TEST_CASE("a tool that is not offered is a refusal without a name", "[mcp]") {
  const auto said = ask(era::modern, "tools/call", R"({"name":"x"})");
  CHECK(said.text.at("error").at("code") == -32602);
  CHECK(said.how.tool.empty());
  CHECK(code(era::legacy, "tools/call", "{}") == -32602);
}

TEST_CASE("a tool that somebody else answers is offered behind its own",
          "[mcp]") {
  const own_server it{"{}", {}, true, {{"slow", "Slow", "", "caisson", "{}"}}};
  CHECK(it.offers().tools.at(1).name == "slow");
  CHECK(it.answers_later("slow"));
  CHECK_FALSE(it.answers_later("search_tools"));
  CHECK_FALSE(server().answers_later("slow"));
  const own_server others{
    "{}", {}, false, {{"slow", "Slow", "", "caisson", "{}"}}};
  CHECK_FALSE(others.answers_later("slow"));
}

TEST_CASE("a resource is read as it is", "[mcp]") {
  const auto read = result(era::legacy, "resources/read", R"({"uri":"a://b"})");
  CHECK(read.at("contents").at(0).at("text") == R"({"x":1})");
  CHECK(code(era::legacy, "resources/read", R"({"uri":"a://c"})") == -32002);
  CHECK(code(era::modern, "resources/read", R"({"uri":"a://c"})") == -32602);
  CHECK(code(era::legacy, "resources/read") == -32602);
}

TEST_CASE("prompts are got and completed", "[mcp]") {
  CHECK(result(era::legacy, "prompts/get",
               R"({"name":"debug_error","arguments":{"error":"e"}})")
          .as_object()
          .contains("messages"));
  CHECK(code(era::legacy, "prompts/get", "{}") == -32602);
  const auto completed
    = result(era::modern, "completion/complete",
             R"({"ref":{"type":"ref/prompt","name":"code_review"},)"
             R"("argument":{"name":"language","value":"py"}})");
  CHECK(completed.at("completion").at("values").at(0) == "python");
  CHECK(code(era::legacy, "completion/complete",
             R"({"ref":{"type":"ref/resource","uri":"a://b"},)"
             R"("argument":{"name":"x","value":""}})")
        == -32602);
}

TEST_CASE("the level of the log is one that there is", "[mcp]") {
  CHECK(result(era::legacy, "logging/setLevel", R"({"level":"info"})")
        == bj::object{});
  CHECK(code(era::legacy, "logging/setLevel", R"({"level":"loud"})") == -32602);
  CHECK(code(era::legacy, "logging/setLevel") == -32602);
}

TEST_CASE("a ping comes back empty", "[mcp]") {
  CHECK(result(era::legacy, "ping") == bj::object{});
}

TEST_CASE("what an era has not, and nobody serves, is not found", "[mcp]") {
  CHECK(code(era::legacy, "server/discover") == -32601);
  CHECK(code(era::modern, "ping") == -32601);
  CHECK(code(era::legacy, "nonsense") == -32601);
  // Whoever has the sessions and streams serves these.
  CHECK(code(era::modern, "subscriptions/listen") == -32601);
}

TEST_CASE("who is not shown the search for tools is not told of it", "[mcp]") {
  const auto& it = server();
  CHECK_FALSE(it.card(it.offers()).instructions.empty());
  auto less = it.offers();
  less.tools.clear();
  CHECK(it.card(less).instructions.empty());
}

TEST_CASE("what depends on who asks is for nobody else to keep", "[mcp]") {
  message one;
  one.method = "tools/list";
  one.id = "1";
  outcome how{std::string{R"({"tools":[]})"}};
  const auto scope = [&] {
    return bj::parse(server().write(era::modern, one, how))
      .at("result")
      .at("cacheScope");
  };
  CHECK(scope() == "public");
  how.personal = true;
  CHECK(scope() == "private");
}
