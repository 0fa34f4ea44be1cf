#include "protocol/mcp/listen.hpp"

#include "protocol/mcp/message.hpp"
#include "tests/support/catch.hpp"

using namespace caisson::protocol::mcp;

namespace {

checked<listen_filter> listen(const std::string& params) {
  std::string body
    = R"({"jsonrpc":"2.0","id":1,"method":"subscriptions/listen","params":)"
      + params + '}';
  auto read = read_body(body);
  REQUIRE(read.has_value());
  return read_listen(read->messages.front().params);
}

} // namespace

TEST_CASE("a filter has what was asked for", "[mcp]") {
  const auto filter = listen(
    R"({"notifications":{"toolsListChanged":true,"promptsListChanged":false,)"
    R"("resourceSubscriptions":["test://a"]}})");
  REQUIRE(filter.has_value());
  CHECK(*filter == listen_filter{true, false, false, {"test://a"}});
  CHECK(filter->wants("notifications/tools/list_changed"));
  CHECK_FALSE(filter->wants("notifications/prompts/list_changed"));
  CHECK_FALSE(filter->wants("notifications/resources/list_changed"));
  CHECK(filter->wants("notifications/resources/updated", "test://a"));
  CHECK_FALSE(filter->wants("notifications/resources/updated", "test://b"));
  CHECK_FALSE(filter->wants("notifications/message"));
}

TEST_CASE("a filter of another shape is refused", "[mcp]") {
  std::string many = R"({"notifications":{"resourceSubscriptions":[)";
  for (std::size_t i = 0; i <= most_watched; ++i)
    many += i == 0 ? R"("x")" : R"(,"x")";
  for (const auto& params :
       {std::string{"{}"}, std::string{R"({"notifications":[]})"},
        std::string{R"({"notifications":{"resourceSubscriptions":"x"}})"},
        std::string{R"({"notifications":{"resourceSubscriptions":[1]}})"},
        many + "]}}"})
    CHECK(listen(params).error().code == error_code::invalid_params);
}

TEST_CASE("what is heard is marked with the request it answers", "[mcp]") {
  CHECK(
    write_acknowledged("7", {true, false, false, {"test://a"}})
    == R"({"jsonrpc":"2.0","method":)"
       R"("notifications/subscriptions/acknowledged","params":{"_meta":)"
       R"({"io.modelcontextprotocol/subscriptionId":7},"notifications":)"
       R"({"toolsListChanged":true,"resourceSubscriptions":["test://a"]}}})");
  CHECK(
    write_heard("\"x\"", "notifications/resources/updated", "test://a")
    == R"({"jsonrpc":"2.0","method":"notifications/resources/updated",)"
       R"("params":{"_meta":{"io.modelcontextprotocol/subscriptionId":"x"},)"
       R"("uri":"test://a"}})");
}

TEST_CASE("wishes are read as they are written", "[mcp]") {
  const listen_filter wanted{true, false, true, {"test://a", "test://b"}};
  const auto read = listen('{' + write_wishes(wanted) + '}');
  REQUIRE(read.has_value());
  CHECK(*read == wanted);
}
