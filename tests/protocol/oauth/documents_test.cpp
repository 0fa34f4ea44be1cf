#include "protocol/oauth/documents.hpp"

#include "tests/support/catch.hpp"

using namespace caisson::protocol::oauth;
using namespace std::chrono_literals;
using texts = std::vector<std::string>;

TEST_CASE("a resource says who gives tokens for it", "[oauth]") {
  auto read = read_resource(
    R"({"resource":"https://a","authorization_servers":["https://b"],"x":[1]})");
  REQUIRE(read);
  CHECK(read->resource == "https://a");
  CHECK(read->servers == texts{"https://b"});
  CHECK_FALSE(read->scopes);
  CHECK(read_resource(R"({"resource":"a","scopes_supported":[]})")->scopes
        == texts{});
  for (auto none : {"", "[]", "{", "{}", R"({"resource":5})",
                    R"({"resource":"a","authorization_servers":"b"})",
                    R"({"resource":"a","authorization_servers":[5]})"})
    CHECK_FALSE(read_resource(none));
}

TEST_CASE("an authorization server says what it is and can", "[oauth]") {
  auto read = read_server(
    R"({"issuer":"i","authorization_endpoint":"a","token_endpoint":"t",)"
    R"("registration_endpoint":null,"scopes_supported":["s"],)"
    R"("token_endpoint_auth_methods_supported":["none"],)"
    R"("client_id_metadata_document_supported":true,)"
    R"("authorization_response_iss_parameter_supported":true})");
  REQUIRE(read);
  CHECK(read->issuer == "i");
  CHECK(read->authorization_endpoint == "a");
  CHECK(read->token_endpoint == "t");
  CHECK(read->registration_endpoint.empty());
  CHECK(read->methods == texts{"none"});
  CHECK(read->scopes == texts{"s"});
  CHECK_FALSE(read->challenge_methods);
  CHECK(read->takes_documents);
  CHECK(read->names_itself);
  for (auto none : {R"({"issuer":"i"})", R"({"token_endpoint":"t"})",
                    R"({"issuer":"i","token_endpoint":"t",)"
                    R"("client_id_metadata_document_supported":"yes"})"})
    CHECK_FALSE(read_server(none));
}

TEST_CASE("a registration names a client", "[oauth]") {
  auto read = read_registration(
    R"({"client_id":"c","client_secret":"s","client_secret_expires_at":0})");
  REQUIRE(read);
  CHECK(read->id == "c");
  CHECK(read->secret == "s");
  CHECK(read->method.empty());
  CHECK_FALSE(read_registration(R"({"client_secret":"s"})"));
}

TEST_CASE("a grant is a token that can be shown", "[oauth]") {
  auto read = read_grant(R"({"access_token":"t","token_type":"BEARER",)"
                         R"("expires_in":60,"refresh_token":"r","scope":"a"})");
  REQUIRE(read);
  CHECK(read->token == "t");
  CHECK(read->refresh == "r");
  CHECK(read->lasts == 60s);
  CHECK(read->scope == "a");
  auto lasts = [](std::string what) {
    return read_grant(R"({"access_token":"t","token_type":"bearer",)"
                      R"("expires_in":)"
                      + what + '}')
      ->lasts;
  };
  CHECK(lasts("\"60\"") == 60s);
  CHECK(lasts("60.9") == 60s);
  CHECK(lasts("0") == 0s);
  CHECK(lasts("1e300") == lasts("315360000"));
  CHECK_FALSE(lasts("\"soon\""));
  CHECK_FALSE(lasts("\"\""));
  CHECK_FALSE(lasts("null"));
  for (auto none :
       {R"({"access_token":"t"})", R"({"access_token":"t","token_type":"mac"})",
        R"({"access_token":"","token_type":"bearer"})",
        R"({"access_token":"a b","token_type":"bearer"})",
        R"({"access_token":"a\r\nb: c","token_type":"bearer"})"})
    CHECK_FALSE(read_grant(none));
}

TEST_CASE("of a refusal only words that are known are shown", "[oauth]") {
  CHECK(read_error(R"({"error":"invalid_grant","error_description":"x"})")
        == "invalid_grant");
  for (auto none :
       {"", "{}", R"({"error":"your secret is hunter2"})", R"({"error":5})"})
    CHECK(read_error(none).empty());
}
