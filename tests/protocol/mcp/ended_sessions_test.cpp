#include "protocol/mcp/ended_sessions.hpp"

#include "tests/support/catch.hpp"

using namespace caisson::protocol::mcp;

using std::chrono::seconds;

namespace {

const std::chrono::sys_seconds start{seconds{1'800'000'000}};

session_key key(std::uint8_t number) {
  return {number};
}

} // namespace

TEST_CASE("a session that was ended has ended", "[mcp]") {
  ended_sessions all{10};
  CHECK_FALSE(all.ended(key(1)));
  all.end(key(1), start + seconds{60}, start);
  all.end(key(1), start + seconds{60}, start);
  CHECK(all.ended(key(1)));
  CHECK_FALSE(all.ended(key(2)));
  CHECK(all.size() == 1);
}

TEST_CASE("the one that was ended first is forgotten for a new one", "[mcp]") {
  ended_sessions all{2};
  for (std::uint8_t i = 1; i <= 3; ++i)
    all.end(key(i), start + seconds{60}, start);
  CHECK_FALSE(all.ended(key(1)));
  CHECK(all.ended(key(2)));
  CHECK(all.ended(key(3)));
  CHECK(all.size() == 2);
}

TEST_CASE("one that has expired needs no more to be remembered", "[mcp]") {
  ended_sessions all{10};
  all.end(key(1), start + seconds{60}, start);
  all.end(key(2), start + seconds{90}, start + seconds{60});
  CHECK_FALSE(all.ended(key(1)));
  CHECK(all.size() == 1);
  all.end(key(3), start + seconds{95}, start + seconds{95});
  CHECK(all.size() == 0);
}
