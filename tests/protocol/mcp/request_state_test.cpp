#include "protocol/mcp/request_state.hpp"

#include "protocol/mcp/big_endian.hpp"
#include "tests/support/catch.hpp"

using namespace caisson::protocol::mcp;
using std::chrono::seconds;
using std::chrono::sys_seconds;

namespace {

const sys_seconds start{seconds{1'800'000'000}};
const sealer with{{sealing_secret{7}}};
constexpr state_use use{"alice", "tools/call", "deploy"};

} // namespace

TEST_CASE("a state comes back as it was given", "[mcp]") {
  const auto text
    = seal_state("round 2", use, start + seconds{5}, with, sealing_salt{});
  CHECK(open_state(text, use, with, start).value() == "round 2");
  CHECK(open_state(text, use, with, start + seconds{4}).has_value());
}

TEST_CASE("a state is good for one caller, one request and a while", "[mcp]") {
  const auto text
    = seal_state("x", use, start + seconds{5}, with, sealing_salt{});
  for (const auto& other : {state_use{"bob", "tools/call", "deploy"},
                            state_use{"alice", "prompts/get", "deploy"},
                            state_use{"alice", "tools/call", "destroy"},
                            state_use{"alice", "tools/calldeploy", ""}}) {
    const auto opened = open_state(text, other, with, start);
    REQUIRE(opened.has_error());
    CHECK(opened.error().code == error_code::invalid_params);
    CHECK(opened.error().status == 200);
  }
  CHECK(open_state(text, use, with, start + seconds{5}).has_error());
  CHECK(open_state(text + "-TAMPERED", use, with, start).has_error());
  CHECK(open_state("", use, with, start).has_error());
}

TEST_CASE("times are written in eight bytes, the highest first", "[mcp]") {
  std::string text;
  append_time(text, sys_seconds{seconds{0x0102030405060708}});
  CHECK(text == "\x01\x02\x03\x04\x05\x06\x07\x08");
  CHECK(read_time(text).time_since_epoch().count() == 0x0102030405060708);
}
