#include "protocol/mcp/session_secrets.hpp"

#include "tests/support/catch.hpp"

using namespace caisson::protocol::mcp;

namespace {

const std::string one(32, 'a');
const std::string two(40, 'b');

} // namespace

TEST_CASE("secrets stand one behind the other, the first one first", "[mcp]") {
  const auto both = read_session_secrets(one + ", " + two);
  REQUIRE(both);
  CHECK(both->size() == 2);
  CHECK(both->front() == read_session_secrets(one)->front());
  CHECK(both->back() == read_session_secrets(two)->front());
  CHECK(both->front() != both->back());
}

TEST_CASE("what is too short for a secret, or too many, is none", "[mcp]") {
  CHECK_FALSE(read_session_secrets(""));
  CHECK_FALSE(read_session_secrets(" , "));
  CHECK_FALSE(read_session_secrets(one.substr(1)));
  CHECK_FALSE(read_session_secrets(one + " short"));
  std::string many;
  for (int i = 0; i < 8; ++i)
    many += one + ' ';
  CHECK(read_session_secrets(many)->size() == 8);
  CHECK_FALSE(read_session_secrets(many + one));
}
