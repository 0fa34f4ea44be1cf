#include "protocol/mcp/admission.hpp"

#include "tests/support/catch.hpp"

using namespace caisson::protocol::mcp;

namespace {

constexpr std::string_view media = "application/json";
constexpr std::string_view both = "application/json, text/event-stream";

/// Opens the one session that there is.
checked<session> open(std::string_view id) {
  if (id != "known" && id != "old")
    return session_not_found();
  session in;
  in.spoken = id == "old" ? revision::v2025_03_26 : revision::v2025_11_25;
  return in;
}

post_head legacy(std::optional<std::string_view> id = "known") {
  return {media, both, id, {}};
}

post_head modern(std::string_view method) {
  return {media, {}, {}, {"2026-07-28", method, std::nullopt}};
}

std::string call(std::string_view method, std::string_view params = "{}") {
  return R"({"jsonrpc":"2.0","id":7,"method":")" + std::string{method}
         + R"(","params":)" + std::string{params} + '}';
}

const std::string claim
  = R"({"_meta":{"io.modelcontextprotocol/protocolVersion":"2026-07-28",)"
    R"("io.modelcontextprotocol/clientCapabilities":{}}})";

rpc_error refusal(std::string body, const post_head& head) {
  const auto what = admit(body, head, open);
  REQUIRE(what.refusal);
  return *what.refusal;
}

} // namespace

TEST_CASE("a legacy request is admitted in its session", "[mcp]") {
  auto body = call("tools/list");
  const auto what = admit(body, legacy(), open);
  REQUIRE_FALSE(what.refusal);
  CHECK(what.where->spoken == era::legacy);
  CHECK(what.in->spoken == revision::v2025_11_25);
  CHECK(what.single()->method == "tools/list");
}

TEST_CASE("initialize needs no session, and must have none", "[mcp]") {
  auto body = call("initialize");
  const auto what = admit(body, legacy(std::nullopt), open);
  CHECK_FALSE(what.refusal);
  CHECK(what.where->initialize);
  CHECK_FALSE(what.in);
  const auto why = refusal(call("initialize"), legacy());
  CHECK(why.code == error_code::invalid_request);
  CHECK(why.id == "7");
}

TEST_CASE("without its session a legacy request is refused", "[mcp]") {
  CHECK(refusal(call("tools/list"), legacy(std::nullopt)).status == 400);
  const auto why = refusal(call("tools/list"), legacy("strange"));
  CHECK(why.status == 404);
  CHECK(why.id == "7");
}

TEST_CASE("a modern request needs no session and looks at none", "[mcp]") {
  auto head = modern("tools/list");
  head.session_id = "strange";
  auto body = call("tools/list", claim);
  const auto what = admit(body, head, open);
  REQUIRE_FALSE(what.refusal);
  CHECK(what.where->spoken == era::modern);
  CHECK_FALSE(what.in);
}

TEST_CASE("a method of the other era is not one of the modern", "[mcp]") {
  const auto why = refusal(call("ping", claim), modern("ping"));
  CHECK(why.code == error_code::method_not_found);
  CHECK(why.status == 404);
  CHECK(why.id == "7");
}

TEST_CASE("media are looked at before the body", "[mcp]") {
  auto head = legacy();
  head.content_type = "text/plain";
  CHECK(refusal("nonsense", head).status == 415);
  head = legacy();
  head.accept = media;
  CHECK(refusal(call("tools/list"), head).status == 406);
}

TEST_CASE("arrays are for those who know them", "[mcp]") {
  const auto list = '[' + call("ping") + ']';
  auto body = list;
  const auto what = admit(body, legacy("old"), open);
  REQUIRE_FALSE(what.refusal);
  CHECK(what.body.batch);
  CHECK(what.single() == nullptr);
  CHECK(refusal(list, legacy()).id == "null");
}

TEST_CASE("what is no message is refused without an id", "[mcp]") {
  CHECK(refusal("{", legacy()).code == error_code::parse_error);
  const auto why = refusal(R"({"jsonrpc":"1.0"})", legacy());
  CHECK(why.code == error_code::invalid_request);
  CHECK(why.id == "null");
}

TEST_CASE("a notification is refused without an id", "[mcp]") {
  CHECK(refusal(R"({"jsonrpc":"2.0","method":"notifications/initialized"})",
                legacy("strange"))
          .id
        == "null");
}

// -- on a pipe ----------------------------------------------------------------

namespace {

rpc_error line_refusal(std::string line,
                       const std::optional<session>& in = std::nullopt) {
  const auto what = admit_line(line, in);
  REQUIRE(what.refusal);
  return *what.refusal;
}

} // namespace

TEST_CASE("on a pipe the session is the one that has begun there", "[mcp]") {
  session in;
  in.key[0] = 9;
  auto line = call("tools/list");
  const auto what = admit_line(line, in);
  REQUIRE_FALSE(what.refusal);
  CHECK(what.where->spoken == era::legacy);
  CHECK(what.in == in);
}

TEST_CASE("on a pipe a legacy client begins with initialize", "[mcp]") {
  auto hello = call("initialize");
  CHECK(admit_line(hello, std::nullopt).where->initialize);
  auto ping = call("ping");
  CHECK_FALSE(admit_line(ping, std::nullopt).refusal);
  std::string told = R"({"jsonrpc":"2.0","method":"notifications/cancelled"})";
  CHECK_FALSE(admit_line(told, std::nullopt).refusal);
  const auto why = line_refusal(call("tools/list"));
  CHECK(why.code == error_code::invalid_request);
  CHECK(why.id == "7");
  CHECK(line_refusal(call("initialize"), session{}).code
        == error_code::invalid_request);
}

TEST_CASE("on a pipe a modern request needs neither headers nor session",
          "[mcp]") {
  auto line = call("tools/list", claim);
  const auto what = admit_line(line, session{});
  REQUIRE_FALSE(what.refusal);
  CHECK(what.where->spoken == era::modern);
  CHECK_FALSE(what.in);
  CHECK(line_refusal(call("ping", claim)).code == error_code::method_not_found);
  CHECK(line_refusal(call("tools/list", R"({"_meta":{"io.modelcontextprotocol/)"
                                        R"(protocolVersion":"2026-07-28"}})"))
          .code
        == error_code::invalid_params);
}

TEST_CASE("on a pipe arrays are for revisions that have them", "[mcp]") {
  session old;
  old.spoken = revision::v2025_03_26;
  auto line = '[' + call("ping") + ']';
  CHECK_FALSE(admit_line(line, old).refusal);
  line = '[' + call("ping") + ']';
  CHECK(admit_line(line, session{}).refusal);
  line = '[' + call("ping") + ']';
  CHECK(admit_line(line, std::nullopt).refusal);
}

TEST_CASE("what is no message on a pipe is refused under no id", "[mcp]") {
  CHECK(line_refusal("hello").code == error_code::parse_error);
  CHECK(line_refusal("hello").id == "null");
  CHECK(line_refusal("{\"jsonrpc\":\"2.0\",\"method\":\"\xff\"}").code
        == error_code::parse_error);
  CHECK(line_refusal("[]").code == error_code::invalid_request);
}
