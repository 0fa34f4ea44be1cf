#include "server/mcp/opened_sessions.hpp"

#include "tests/support/catch.hpp"

using namespace caisson;
using namespace caisson::protocol;
using std::chrono::seconds;
using std::chrono::sys_seconds;

namespace {

const sys_seconds start{seconds{1'800'000'000}};
const mcp::sealing_secret ours{1};
const mcp::sealing_secret theirs{2};

std::string sealed(std::uint8_t number, const mcp::sealer& with) {
  mcp::session what;
  what.key = {number};
  what.expires = start + seconds{60};
  mcp::sealing_salt salt{number};
  return mcp::seal_session(what, "alice", with, salt);
}

} // namespace

TEST_CASE("an id is the same session each time, whose it is and no one's "
          "else") {
  mcp::sealer with{{ours}};
  opened_sessions it;
  auto id = sealed(1, with);
  for (int i = 0; i < 3; ++i) {
    auto found = it.open(id, "alice", with, 1, start);
    REQUIRE(found);
    CHECK(found->key == decltype(found->key){1});
    CHECK_FALSE(it.open(id, "bob", with, 1, start));
    CHECK_FALSE(it.open(id + "A", "alice", with, 1, start));
    CHECK_FALSE(it.open("", "", with, 1, start));
  }
}

TEST_CASE("what was opened expires all the same") {
  mcp::sealer with{{ours}};
  opened_sessions it;
  auto id = sealed(1, with);
  CHECK(it.open(id, "alice", with, 1, start + seconds{59}));
  CHECK_FALSE(it.open(id, "alice", with, 1, start + seconds{60}));
}

TEST_CASE("another secret opens nothing that was opened by the one before") {
  mcp::sealer with{{ours}};
  mcp::sealer later{{theirs}};
  opened_sessions it;
  auto id = sealed(1, with);
  CHECK(it.open(id, "alice", with, 1, start));
  CHECK_FALSE(it.open(id, "alice", later, 2, start));
  CHECK(it.open(id, "alice", with, 3, start));
}

TEST_CASE("more sessions than it has places for are all found") {
  mcp::sealer with{{ours}};
  opened_sessions it;
  for (int round = 0; round < 2; ++round)
    for (int i = 0; i < 1'000; ++i) {
      mcp::session what;
      what.key
        = {static_cast<std::uint8_t>(i), static_cast<std::uint8_t>(i / 256)};
      what.expires = start + seconds{60};
      mcp::sealing_salt salt{static_cast<std::uint8_t>(i),
                             static_cast<std::uint8_t>(i / 256)};
      auto id = mcp::seal_session(what, "alice", with, salt);
      auto found = it.open(id, "alice", with, 1, start);
      REQUIRE(found);
      CHECK(found->key == what.key);
    }
}
