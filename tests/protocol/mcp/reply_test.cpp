#include "protocol/mcp/reply.hpp"

#include "tests/support/catch.hpp"

using namespace caisson::protocol::mcp;

TEST_CASE("a legacy result is what was said and nothing more", "[mcp]") {
  CHECK(write_result("\"a\"", R"({"tools":[]})", {})
        == R"({"jsonrpc":"2.0","id":"a","result":{"tools":[]}})");
}

TEST_CASE("a modern result says its type, its server and how long it keeps",
          "[mcp]") {
  result_frame frame{era::modern, R"({"name":"n"})",
                     cache_hint{std::chrono::seconds{2}, false}};
  CHECK(
    write_result("1", R"({"tools":[]})", frame)
    == R"({"jsonrpc":"2.0","id":1,"result":{"resultType":"complete",)"
       R"("ttlMs":2000,"cacheScope":"private","_meta":)"
       R"({"io.modelcontextprotocol/serverInfo":{"name":"n"}},"tools":[]}})");
  frame.cache->shared = true;
  CHECK(write_result("1", "{}", frame).find(R"("cacheScope":"public")")
        != std::string::npos);
  CHECK(write_result("1", "{ }", {era::modern, {}, {}})
        == R"({"jsonrpc":"2.0","id":1,"result":{"resultType":"complete"}})");
}

TEST_CASE("a refusal carries code, sentence, data and id", "[mcp]") {
  auto what = unsupported_version("1999-01-01");
  what.id = std::to_string(7);
  CHECK(write_error(what)
        == R"({"jsonrpc":"2.0","id":7,"error":{"code":-32022,)"
           R"("message":"Unsupported protocol version","data":{"supported":)"
           R"(["2026-07-28"],"requested":"1999-01-01"}}})");
}

TEST_CASE("notifications have no id, requests to clients have one", "[mcp]") {
  CHECK(write_notification("notifications/x", {})
        == R"({"jsonrpc":"2.0","method":"notifications/x"})");
  CHECK(
    write_request("\"ask-1\"", "roots/list", "{}")
    == R"({"jsonrpc":"2.0","id":"ask-1","method":"roots/list","params":{}})");
}

TEST_CASE("progress only grows, and goes to who asked for it", "[mcp]") {
  progress_meter meter{"\"t\""};
  CHECK(meter.step(0, 10, "go")
        == R"({"jsonrpc":"2.0","method":"notifications/progress","params":)"
           R"({"progressToken":"t","progress":0,"total":10,"message":"go"}})");
  CHECK_FALSE(meter.step(0, 10, ""));
  CHECK(meter.step(7, 10, ""));
  CHECK_FALSE(meter.step(3, 10, ""));
  CHECK(meter.step(10, 10, ""));
  CHECK_FALSE(progress_meter{""}.step(1, 2, ""));
  CHECK(progress_meter{"7"}.step(1, std::nullopt, "")
        == R"({"jsonrpc":"2.0","method":"notifications/progress","params":)"
           R"({"progressToken":7,"progress":1}})");
}
