#include "protocol/mcp/standard_headers.hpp"

#include "tests/support/catch.hpp"

using namespace caisson::protocol::mcp;

namespace {

using maybe = std::optional<std::string_view>;

message call(std::string method) {
  message one;
  one.id = "1";
  one.method = std::move(method);
  return one;
}

/// Whether a call of the tool `deploy` passes with these headers.
bool passes(maybe method, maybe name, maybe version = "2026-07-28") {
  request_params params;
  params.name = "deploy";
  return !check_headers({version, method, name}, call("tools/call"), params);
}

} // namespace

TEST_CASE("method and name are said twice and alike", "[mcp]") {
  CHECK(passes("tools/call", "deploy"));
  CHECK(passes(" tools/call\t", "  deploy  "));
  CHECK_FALSE(passes("tools/list", "deploy"));
  CHECK_FALSE(passes("TOOLS/CALL", "deploy"));
  CHECK_FALSE(passes({}, "deploy"));
  CHECK_FALSE(passes("tools/call", "Deploy"));
  CHECK_FALSE(passes("tools/call", {}));
  CHECK_FALSE(passes("tools/call", ""));
  CHECK_FALSE(passes("tools/call", "deploy", {}));
}

TEST_CASE("a name may come wrapped in Base64", "[mcp]") {
  CHECK(passes("tools/call", "=?base64?ZGVwbG95?="));
  CHECK_FALSE(passes("tools/call", "=?base64?ZGVwbG9?="));
  CHECK_FALSE(passes("tools/call", "=?base64?ZGVw*G95?="));
  CHECK_FALSE(passes("tools/call", "ZGVwbG95"));
}

TEST_CASE("each method has its own name", "[mcp]") {
  request_params params;
  params.uri = "test://x";
  CHECK_FALSE(check_headers({"2026-07-28", "resources/read", "test://x"},
                            call("resources/read"), params));
  CHECK(check_headers({"2026-07-28", "resources/read", "test://y"},
                      call("resources/read"), params));
  CHECK_FALSE(check_headers({"2026-07-28", "tools/list", {}},
                            call("tools/list"), params));
  // Without a name there is nothing to compare: the body is what is wrong.
  CHECK_FALSE(check_headers({"2026-07-28", "tools/call", {}},
                            call("tools/call"), params));
}

TEST_CASE("a notification needs no headers", "[mcp]") {
  auto one = call("notifications/cancelled");
  one.kind = message_kind::notification;
  CHECK_FALSE(check_headers({}, one, {}));
}

TEST_CASE("headers carry printable ASCII, or UTF-8 in Base64", "[mcp]") {
  CHECK(decode_header(" a b ") == "a b");
  CHECK(decode_header("=?base64?w6k=?=") == "\xC3\xA9");
  CHECK(decode_header("=?base64?"
                      "?=")
        == "");
  CHECK(decode_header("=?base64?=") == "=?base64?=");
  CHECK(decode_header("=?utf-8?x?=") == "=?utf-8?x?=");
  CHECK_FALSE(decode_header("\xC3\xA9"));
  CHECK_FALSE(decode_header("a\x01"));
  // 0xff is no UTF-8.
  CHECK_FALSE(decode_header("=?base64?/w==?="));
}

TEST_CASE("whatever a header is to carry comes back as it was", "[mcp]") {
  CHECK(encode_header("plain text") == "plain text");
  CHECK(encode_header("\xC3\xA9") == "=?base64?w6k=?=");
  for (std::string_view text : {"", "a b", " a", "a ", "a\r\nb", "\xC3\xA9",
                                "=?base64?w6k=?=", "=?base64?=", "a\tb"}) {
    INFO(text);
    CHECK(decode_header(encode_header(text)) == text);
    CHECK(encode_header(text).find('\n') == std::string::npos);
  }
}
