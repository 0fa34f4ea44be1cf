#include "protocol/mcp/session_id.hpp"

#include "tests/support/catch.hpp"

using namespace caisson::protocol::mcp;
using std::chrono::seconds;
using std::chrono::sys_seconds;

namespace {

const sys_seconds start{seconds{1'800'000'000}};
const sealer with{{sealing_secret{1, 2, 3}}};

session sample() {
  session result;
  for (std::size_t i = 0; i < result.key.size(); ++i)
    result.key[i] = static_cast<std::uint8_t>(i * 17);
  result.spoken = revision::v2025_06_18;
  result.client = {true, false, true, false};
  result.expires = start + seconds{60};
  return result;
}

} // namespace

TEST_CASE("a session is whole in its id", "[mcp]") {
  const auto id = seal_session(sample(), "alice", with, sealing_salt{});
  CHECK(open_session(id, "alice", with, start) == sample());
  // Another node, or the same after a restart.
  const sealer other{{sealing_secret{9}, sealing_secret{1, 2, 3}}};
  CHECK(open_session(id, "alice", other, start) == sample());
  for (auto c : id)
    CHECK((c >= 0x21 && c <= 0x7e));
}

TEST_CASE("a session is its caller's alone, and ends", "[mcp]") {
  const auto id = seal_session(sample(), "alice", with, sealing_salt{});
  CHECK_FALSE(open_session(id, "bob", with, start));
  CHECK_FALSE(open_session("nonsense", "alice", with, start));
  CHECK(open_session(id, "alice", with, start + seconds{59}));
  CHECK_FALSE(open_session(id, "alice", with, start + seconds{60}));
}

TEST_CASE("what is sealed for something else is no session", "[mcp]") {
  const auto strange = [](std::string content) {
    return with.seal("session", "alice", content, sealing_salt{});
  };
  CHECK_FALSE(open_session(strange(""), "alice", with, start));
  CHECK_FALSE(
    open_session(strange(std::string(25, 'x')), "alice", with, start));
  // The revision is none that has sessions.
  std::string modern(26, '\x7f');
  modern[16] = static_cast<char>(revision::v2026_07_28);
  CHECK_FALSE(open_session(strange(modern), "alice", with, start));
  const auto state = with.seal("request state", "alice", std::string(26, '\0'),
                               sealing_salt{});
  CHECK_FALSE(open_session(state, "alice", with, start));
}
