#include "server/http/trace.hpp"

#include <string>
#include <vector>

#include "server/http/head_parser.hpp"
#include "tests/support/catch.hpp"

using namespace caisson;

namespace {

trace_context traced(const std::string& fields) {
  auto raw = "GET / HTTP/1.1\r\nHost: caisson.test\r\n" + fields + "\r\n";
  http::request_head head;
  REQUIRE_FALSE(http::parse_request_head(raw, {}, head));
  return trace_of(head);
}

const std::string id = "0af7651916cd43dd8448eb211c80319c";

} // namespace

TEST_CASE("a request without a trace gets a new one") {
  auto x = traced("");
  CHECK(x.trace_id.size() == 32);
  CHECK(x.span_id.size() == 16);
  CHECK(x.request_id == x.trace_id);
  CHECK(traced("").trace_id != x.trace_id);
}

TEST_CASE("a well-formed traceparent is continued with a span of our own") {
  auto x = traced("traceparent: 00-" + id + "-b7ad6b7169203331-01\r\n");
  CHECK(x.trace_id == id);
  CHECK(x.span_id != "b7ad6b7169203331");
  CHECK(traceparent(x) == "00-" + id + "-" + x.span_id + "-01");
}

TEST_CASE("a malformed traceparent is as none") {
  for (const auto& bad : std::vector<std::string>{
         "00-" + id + "-b7ad6b7169203331",
         "00-00000000000000000000000000000000-b7ad6b7169203331-01",
         "00-" + id + "-0000000000000000-01",
         "ff-" + id + "-b7ad6b7169203331-01",
         "00-0AF7651916CD43DD8448EB211C80319C-b7ad6b7169203331-01",
         "00-" + id + "-b7ad6b7169203331-01-more",
       })
    CHECK(traced("traceparent: " + bad + "\r\n").trace_id != id);
}

TEST_CASE("a presentable X-Request-Id is kept, another is not") {
  CHECK(traced("X-Request-Id: order-4711\r\n").request_id == "order-4711");
  auto long_one = std::string(129, 'a');
  CHECK(traced("X-Request-Id: " + long_one + "\r\n").request_id != long_one);
  CHECK(traced("X-Request-Id: a b\r\n").request_id != "a b");
}
