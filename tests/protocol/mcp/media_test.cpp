#include "protocol/mcp/media.hpp"

#include "tests/support/catch.hpp"

using namespace caisson::protocol::mcp;

TEST_CASE("a body is application/json, whatever its parameters", "[mcp]") {
  for (auto value : {"application/json", "Application/JSON; charset=utf-8",
                     " application/json ;x"})
    CHECK_FALSE(check_content_type(value));
  for (auto value : {"", "text/plain", "application/jsonx", "json",
                     "application/x-www-form-urlencoded"}) {
    INFO(value);
    CHECK(check_content_type(value)->status == 415);
  }
}

TEST_CASE("a legacy POST takes JSON and events alike", "[mcp]") {
  for (auto value : {"application/json, text/event-stream",
                     "text/event-stream;q=0.5,application/json;q=0.9"})
    CHECK_FALSE(check_accept_post(value));
  for (auto value :
       {"", "*/*", "application/json", "text/event-stream",
        "application/json, text/*", "application/json;q=0, text/event-stream",
        "application/json;q=0.00, text/event-stream"}) {
    INFO(value);
    CHECK(check_accept_post(value)->status == 406);
  }
}

TEST_CASE("a GET takes events", "[mcp]") {
  CHECK_FALSE(check_accept_get("TEXT/event-stream"));
  CHECK(check_accept_get("application/json")->status == 406);
}
