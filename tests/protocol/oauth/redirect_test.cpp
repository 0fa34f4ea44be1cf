#include "protocol/oauth/redirect.hpp"

#include "tests/support/catch.hpp"

using namespace caisson::protocol::oauth;

TEST_CASE("a browser comes back with a code or a refusal", "[oauth]") {
  auto good = read_redirect("code=a%2Fb&state=s&iss=https%3A%2F%2Fi&x=y");
  REQUIRE(good);
  CHECK(good->code == "a/b");
  CHECK(good->state == "s");
  CHECK(good->issuer == "https://i");
  auto bad = read_redirect("error=access_denied&state=s");
  REQUIRE(bad);
  CHECK(bad->code.empty());
  CHECK(bad->error == "access_denied");
  CHECK_FALSE(bad->issuer);
  for (auto none :
       {"", "code=a", "state=s", "code=a&state=", "code=a&code=b&state=s",
        "code=a&error=b&state=s", "code=a&state=s&state=t", "code=%zz&state=s",
        "code=a&state=s&iss=a&iss=b"})
    CHECK_FALSE(read_redirect(none));
}

TEST_CASE("an answer is of the server that was asked, letter by letter",
          "[oauth]") {
  server_document asked;
  asked.issuer = "https://i";
  redirect said;
  CHECK(is_of(said, asked));
  asked.names_itself = true;
  CHECK_FALSE(is_of(said, asked));
  said.issuer = "https://i";
  CHECK(is_of(said, asked));
  for (auto other : {"", "https://i/", "HTTPS://i", "https://j"}) {
    said.issuer = other;
    CHECK_FALSE(is_of(said, asked));
    asked.names_itself = !asked.names_itself;
    CHECK_FALSE(is_of(said, asked));
  }
}
