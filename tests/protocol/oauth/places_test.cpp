#include "protocol/oauth/places.hpp"

#include "tests/support/catch.hpp"

using namespace caisson::protocol::oauth;
using texts = std::vector<std::string>;

TEST_CASE("documents are looked for where the standards put them", "[oauth]") {
  CHECK(resource_places("https://a.example:8443/mcp/x/")
        == texts{
          "https://a.example:8443/.well-known/oauth-protected-resource/mcp/x",
          "https://a.example:8443/.well-known/oauth-protected-resource"});
  CHECK(resource_places("https://a.example")
        == texts{"https://a.example/.well-known/oauth-protected-resource"});
  CHECK(issuer_places("https://a.example/")
        == texts{"https://a.example/.well-known/oauth-authorization-server",
                 "https://a.example/.well-known/openid-configuration"});
  CHECK(issuer_places("https://a.example/t1")
        == texts{"https://a.example/.well-known/oauth-authorization-server/t1",
                 "https://a.example/.well-known/openid-configuration/t1",
                 "https://a.example/t1/.well-known/openid-configuration"});
  for (auto none : {"", "a", "ftp://a/b", "https://", "https://u:p@a/b"}) {
    CHECK(resource_places(none).empty());
    CHECK(issuer_places(none).empty());
    CHECK(origin_of(none).empty());
  }
}

TEST_CASE("a token is for a server, or for all below a path", "[oauth]") {
  CHECK(covers("https://a/mcp", "https://a/mcp"));
  CHECK(covers("https://a/mcp/", "https://a/mcp"));
  CHECK(covers("https://a", "https://a/mcp"));
  CHECK(covers("https://a/", "https://a/mcp"));
  CHECK(covers("https://a/x", "https://a/x/mcp"));
  CHECK(covers("HTTPS://A:443/mcp", "https://a/mcp"));
  for (auto other :
       {"https://a/mc", "https://a/mcp/x", "https://a:444/mcp", "http://a/mcp",
        "https://b/mcp", "https://a/mcp#x", "https://a.evil/mcp", "a", ""})
    CHECK_FALSE(covers(other, "https://a/mcp"));
}

TEST_CASE("secrets go over https, or stay on this machine", "[oauth]") {
  CHECK(may_be_told("https://a/b", false));
  CHECK_FALSE(may_be_told("https://a/b#c", true));
  for (auto near : {"http://127.0.0.1:1/a", "http://127.9.9.9", "http://[::1]/",
                    "http://localhost:80/a"}) {
    CHECK(may_be_told(near, true));
    CHECK_FALSE(may_be_told(near, false));
    CHECK(is_loopback(near));
  }
  for (auto far : {"http://10.0.0.1", "http://a", "http://localhost.a", "x",
                   "http://[::2]", "http://0.0.0.0", "ftp://127.0.0.1"}) {
    CHECK_FALSE(may_be_told(far, true));
    CHECK_FALSE(is_loopback(far));
  }
}
