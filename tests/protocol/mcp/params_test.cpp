#include "protocol/mcp/params.hpp"

#include "protocol/mcp/message.hpp"
#include "tests/support/catch.hpp"

using namespace caisson::protocol::mcp;

namespace {

/// Params in a body that has been read, as they are everywhere.
struct read_once {
  explicit read_once(const std::string& params)
    : body{R"({"jsonrpc":"2.0","id":1,"method":"m","params":)" + params + '}'},
      read{read_body(body)} {}

  std::string_view text() { return read->messages.front().params; }

  std::string body;
  checked<post_body> read;
};

} // namespace

TEST_CASE("what the protocol reads of params stands where it is looked for",
          "[mcp]") {
  read_once from{R"({"name":"t\u0065st","uri":"test://x","taskId":"7",
    "cursor":"next","requestState":"s","arguments":{"a":[1,{"name":"no"}]},
    "inputResponses":{"k":{}},"_meta":{"progressToken":"p\u0031",
    "io.modelcontextprotocol/protocolVersion":"2026-07-28",
    "io.modelcontextprotocol/clientCapabilities":{"roots":{}},
    "io.modelcontextprotocol/clientInfo":{"name":"c"},
    "io.modelcontextprotocol/logLevel":"info"}})"};
  const auto params = read_params(from.text());
  CHECK(params.name == "test");
  CHECK(params.uri == "test://x");
  CHECK(params.task_id == "7");
  CHECK(params.cursor == "next");
  CHECK(params.request_state == "s");
  CHECK(params.arguments == R"({"a":[1,{"name":"no"}]})");
  CHECK(params.input_responses == R"({"k":{}})");
  CHECK(params.meta.present);
  CHECK(params.meta.claims);
  CHECK(params.meta.version == "2026-07-28");
  CHECK(params.meta.client_capabilities == R"({"roots":{}})");
  CHECK(params.meta.client_info == R"({"name":"c"})");
  CHECK(params.meta.log_level == "info");
  CHECK(params.meta.progress_token == R"("p\u0031")");
  CHECK(params.named(name_source::uri) == "test://x");
  CHECK(params.named(name_source::task_id) == "7");
  CHECK_FALSE(params.named(name_source::none));
}

TEST_CASE("members of another type count as absent", "[mcp]") {
  read_once from{R"({"name":7,"arguments":[1],"_meta":{"progressToken":null,
    "io.modelcontextprotocol/protocolVersion":3,
    "io.modelcontextprotocol/clientCapabilities":true}})"};
  const auto params = read_params(from.text());
  CHECK_FALSE(params.name);
  CHECK(params.arguments.empty());
  CHECK(params.meta.progress_token.empty());
  CHECK(params.meta.claims);
  CHECK_FALSE(params.meta.version);
  CHECK(params.meta.client_capabilities.empty());
}

TEST_CASE("no params are read as empty ones", "[mcp]") {
  const auto params = read_params({});
  CHECK_FALSE(params.name);
  CHECK_FALSE(params.meta.present);
}

TEST_CASE("a capability is declared by any value but null", "[mcp]") {
  read_once from{R"({"a":{},"b":null,"c":true})"};
  CHECK(declares(from.text(), "a"));
  CHECK_FALSE(declares(from.text(), "b"));
  CHECK(declares(from.text(), "c"));
  CHECK_FALSE(declares(from.text(), "d"));
  CHECK_FALSE(declares({}, "a"));
}

TEST_CASE("members are read one by one or all in their order", "[mcp]") {
  read_once from{R"({"a":"\u0062","c":{"d":[1]},"e":7})"};
  CHECK(text_of(from.text(), "a") == "b");
  CHECK_FALSE(text_of(from.text(), "e"));
  CHECK_FALSE(text_of(from.text(), "f"));
  std::string all;
  each_member_of(from.text(), [&](auto name, auto value) {
    ((all += name) += '=') += value;
    all += member_of(value, "d");
  });
  CHECK(all == R"(a="\u0062"c={"d":[1]}[1]e=7)");
}

TEST_CASE("one member's value takes the place of another", "[mcp]") {
  read_once from{R"({"a":{"n":1}, "n" : 2})"};
  CHECK(with_member(from.text(), "n", "[3]") == R"({"a":{"n":1}, "n" : [3]})");
  CHECK(with_member(from.text(), "x", "3") == from.text());
}

TEST_CASE("elements of an array are as they stand", "[mcp]") {
  read_once from{R"({"a":[ {"b":1} , "c", [2] ],"d":{}})"};
  CHECK(elements_of(member_of(from.text(), "a"))
        == std::vector<std::string_view>{R"({"b":1})", R"("c")", "[2]"});
  CHECK(elements_of(member_of(from.text(), "d")).empty());
  CHECK(elements_of({}).empty());
}
