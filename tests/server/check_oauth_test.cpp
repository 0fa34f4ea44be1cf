#include "server/config/check_oauth.hpp"

#include "tests/server/config_fixture.hpp"

// Rules of tokens for upstream servers of MCP.

namespace caisson::config {

namespace {

const std::string tools = "[dependency.t]\nkind = \"mcp_http\"\n"
                          "url = \"https://tools.example.com/mcp\"\n";
const std::string asked = tools + "oauth.grant = \"authorization_code\"\n";
const std::string own = tools + "oauth.grant = \"client_credentials\"\n";
const std::string shown = "oauth.client_secret = \"env:S\"\n";
const environment has_secret{{"S", "hush"}};

} // namespace

TEST_CASE("no token is asked for unless that is said", "[config]") {
  auto made = accepted({tools});
  auto& how = made.dependencies.front().mcp.oauth;
  CHECK(how.grant == oauth_grant::none);
  CHECK(how.scopes.empty());
}

TEST_CASE("a person's consent needs no more than that", "[config]") {
  auto made = accepted({asked
                        + "oauth.scopes = [\"a\", \"b\"]\n"
                          "oauth.client_id = \"https://a/b.json\"\n"
                          "oauth.issuer = \"https://login.example.com/t\"\n"});
  auto& how = made.dependencies.front().mcp.oauth;
  CHECK(how.grant == oauth_grant::authorization_code);
  CHECK(how.scopes == lines{"a", "b"});
  CHECK(how.client_id == "https://a/b.json");
  CHECK(how.issuer == "https://login.example.com/t");
}

TEST_CASE("a node with a secret of its own says to whom it shows it",
          "[config]") {
  CHECK(complaints({own}).size() == 3);
  auto whole = own + "oauth.client_id = \"n\"\n" + shown;
  CHECK(complaints({whole, has_secret}).size() == 1);
  whole += "oauth.issuer = \"https://login.example.com\"\n";
  auto made = accepted({whole, has_secret});
  CHECK(made.dependencies.front().mcp.oauth.client_secret == "hush");
  CHECK(complaints({asked + shown, has_secret}).size() == 2);
}

TEST_CASE("tokens are for servers over HTTP that have no key", "[config]") {
  CHECK(complaints({tools + "oauth.client_id = \"n\"\n"}).size() == 1);
  CHECK(complaints({asked + "api_key = \"env:S\"\n", has_secret}).size() == 1);
  CHECK(complaints({"[dependency.f]\nkind = \"mcp_stdio\"\ncommand = \"sh\"\n"
                    "oauth.grant = \"authorization_code\"\n"})
          .size()
        == 1);
  CHECK(complaints({"[dependency.s]\nkind = \"simulated\"\n"
                    "oauth.scopes = [\"a\"]\n"})
          .size()
        == 1);
}

TEST_CASE("a token does not go over the net in the clear", "[config]") {
  auto at = [](const std::string& url) {
    return complaints({"[dependency.t]\nkind = \"mcp_http\"\nurl = \"" + url
                       + "\"\noauth.grant = \"authorization_code\"\n"})
      .size();
  };
  CHECK(at("http://tools.example.com/mcp") == 1);
  CHECK(at("http://127.0.0.1:3000/mcp") == 0);
  CHECK(at("http://localhost:3000/mcp") == 0);
}

TEST_CASE("a person's browser must find the way back", "[config]") {
  const std::string wide = "[http]\nbind = \"0.0.0.0\"\n";
  CHECK(complaints({asked + wide}).size() == 1);
  CHECK(complaints({wide + "public_url = \"https://n.example.com\"\n" + asked})
          .empty());
  CHECK(complaints({"[http]\npublic_url = \"redis://a\"\n"}).size() == 1);
}

TEST_CASE("what is no scope and no client is refused", "[config]") {
  CHECK(
    complaints({asked + "oauth.scopes = [\"a b\", \"c\\\"\", \"\"]\n"}).size()
    == 3);
  CHECK(complaints({asked + "oauth.client_id = \"a b\"\n"}).size() == 1);
  CHECK(complaints({asked + "oauth.grant = \"password\"\n"}).size() >= 1);
}

} // namespace caisson::config
