#include "protocol/oauth/requests.hpp"

#include "tests/support/catch.hpp"

using namespace caisson::protocol::oauth;

namespace {

server_document knows(std::vector<std::string> methods) {
  server_document made;
  made.methods = std::move(methods);
  return made;
}

} // namespace

TEST_CASE("a client shows itself as the server knows it", "[oauth]") {
  CHECK(method_for(knows({}), true) == "client_secret_basic");
  CHECK(method_for(knows({"client_secret_post", "client_secret_basic"}), true)
        == "client_secret_basic");
  CHECK(method_for(knows({"client_secret_post"}), true)
        == "client_secret_post");
  CHECK(method_for(knows({"private_key_jwt", "none"}), true) == "none");
  CHECK(method_for(knows({"client_secret_basic"}), false) == "none");
}

TEST_CASE("a registration says what the node is", "[oauth]") {
  CHECK(
    write_registration(knows({"none"}), "http://127.0.0.1/b\"", true, {})
    == R"({"client_name":"Caisson","redirect_uris":["http://127.0.0.1/b\""],)"
       R"("grant_types":["authorization_code","refresh_token"],)"
       R"("response_types":["code"],"token_endpoint_auth_method":"none",)"
       R"("application_type":"native"})");
  auto far = write_registration(knows({}), "https://a/b", false, {"x", "y"});
  CHECK(far.find(R"("application_type":"web","scope":"x y"})") != far.npos);
}

// RFC 7636, appendix B.
TEST_CASE("a proof is what only who asked knows", "[oauth]") {
  const std::string octets{
    "\x74\x18\xdf\xb4\x97\x99\xe0\x25\x4f\xfa\x60\x7d\xd8\xad\xbb\xba"
    "\x16\xd4\x25\x4d\x69\xd6\xbf\xf0\x5b\x58\x05\x58\x53\x84\x8d\x79",
    32};
  auto made = proof_of(octets);
  CHECK(made.verifier == "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk");
  CHECK(made.challenge == "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM");
}

TEST_CASE("a page has all that a person is asked", "[oauth]") {
  server_document at;
  at.authorization_endpoint = "https://a/authorize?p=1";
  question what{"https://n/cb", "s", "c", {"x", "y"}, "https://r/mcp"};
  CHECK(page_for(at, {"me&you", "", ""}, what)
        == "https://a/authorize?p=1&response_type=code&client_id=me%26you"
           "&redirect_uri=https%3A%2F%2Fn%2Fcb&state=s&code_challenge=c"
           "&code_challenge_method=S256&scope=x%20y&resource=https%3A%2F%2Fr"
           "%2Fmcp");
  at.authorization_endpoint = "https://a";
  what.scopes.clear();
  what.resource.clear();
  CHECK(page_for(at, {"m", "", ""}, what)
        == "https://a?response_type=code&client_id=m&redirect_uri=https%3A%2F"
           "%2Fn%2Fcb&state=s&code_challenge=c&code_challenge_method=S256");
  at.authorization_endpoint = "not an address";
  CHECK(page_for(at, {}, what).empty());
}

TEST_CASE("forms for tokens, from whoever asks", "[oauth]") {
  auto basic = redeem({"a:b", "s/", "client_secret_basic"}, "code", "https://n",
                      "v", "https://r");
  // a%3Ab:s%2F
  CHECK(basic.fields.find("Authorization: Basic YSUzQWI6cyUyRg==\r\n")
        != basic.fields.npos);
  CHECK(basic.form
        == "grant_type=authorization_code&code=code&redirect_uri=https%3A%2F%2F"
           "n&code_verifier=v&resource=https%3A%2F%2Fr");
  auto post = refresh({"a", "s&t", "client_secret_post"}, "r r", "");
  CHECK(post.fields.find("Authorization") == post.fields.npos);
  CHECK(post.form
        == "grant_type=refresh_token&refresh_token=r%20r&client_id=a"
           "&client_secret=s%26t");
  auto none = own_token({"a", "", "none"}, {"x"}, "https://r");
  CHECK(none.form
        == "grant_type=client_credentials&scope=x&resource=https%3A%2F%2Fr"
           "&client_id=a");
}
