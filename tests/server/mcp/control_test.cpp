#include "server/mcp/control.hpp"

#include "protocol/mcp/session_id.hpp"
#include "tests/support/catch.hpp"

using namespace caisson;
namespace mcp = protocol::mcp;

namespace {

settings with_secret(std::string text) {
  settings made;
  made.mcp.session_secrets = std::move(text);
  return made;
}

std::string seal(const mcp_control& by) {
  return by.rules()->seals.seal("p", "b", "content", {});
}

bool opens(const mcp_control& by, const std::string& text) {
  return by.rules()->seals.open("p", "b", text) == "content";
}

const std::string one(32, 'a');
const std::string two(32, 'b');

} // namespace

TEST_CASE("nodes with the same secret open what the other seals") {
  mcp_control here{with_secret(one)};
  mcp_control there{with_secret(two + ' ' + one)};
  mcp_control stranger{with_secret(two)};
  CHECK(opens(there, seal(here)));
  CHECK_FALSE(opens(here, seal(there)));
  CHECK_FALSE(opens(stranger, seal(here)));
}

TEST_CASE("a node without a secret has one that nobody else has") {
  mcp_control here{settings{}};
  mcp_control there{settings{}};
  auto sealed = seal(here);
  CHECK_FALSE(opens(there, sealed));
  // A reload does not end its sessions.
  here.apply(settings{});
  CHECK(opens(here, sealed));
}

TEST_CASE("a secret is changed while the node runs") {
  mcp_control here{with_secret(one)};
  auto sealed = seal(here);
  here.apply(with_secret(two + ',' + one));
  CHECK(opens(here, sealed));
  here.apply(with_secret(two));
  CHECK_FALSE(opens(here, sealed));
}
