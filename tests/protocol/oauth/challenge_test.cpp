#include "protocol/oauth/challenge.hpp"

#include "tests/support/catch.hpp"

using namespace caisson::protocol::oauth;

TEST_CASE("a challenge is found among others", "[oauth]") {
  auto plain = read_challenge("Bearer");
  REQUIRE(plain);
  CHECK(plain->resource_metadata.empty());
  CHECK_FALSE(plain->scope);
  CHECK_FALSE(plain->wants_more());

  auto whole = read_challenge(
    R"(Basic realm="a, b", Digest qop="x", bearer error="insufficient_scope",)"
    R"( scope = "a b" ,resource_metadata="https://a/b?c=\"d\\e\"", x=y)");
  REQUIRE(whole);
  CHECK(whole->resource_metadata == R"(https://a/b?c="d\e")");
  CHECK(whole->scope == "a b");
  CHECK(whole->wants_more());

  // What is said behind another scheme is of that.
  auto first = read_challenge(R"(Bearer scope=a, DPoP scope="b", error="c")");
  REQUIRE(first);
  CHECK(first->scope == "a");
  CHECK(first->error.empty());
  CHECK(read_challenge("Bearer scope=a, Bearer scope=b")->scope == "a");
}

TEST_CASE("what is no challenge of ours is none, whatever it is", "[oauth]") {
  for (auto text : {"", "Basic", "Basic realm=\"Bearer scope=a\"", ",,, ,",
                    "Bearerx scope=a", "=", "\"", "\"\\", "a=\"b"})
    CHECK_FALSE(read_challenge(text));
  CHECK(read_challenge("Bearer scope=\"a")->scope == "a");
  CHECK(read_challenge("Bearer scope=\"a\\")->scope == "a");
  CHECK_FALSE(read_challenge("Bearer =a, scope=b")->scope == "a");
}
