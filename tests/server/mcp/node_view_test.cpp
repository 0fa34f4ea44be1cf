#include "server/mcp/node_view.hpp"

#include <boost/json/parse.hpp>

#include "tests/server/config_fixture.hpp"

using namespace caisson;

namespace {

constexpr auto canary = "CANARY-5c1d0b7e4a2f49d6a1e8c3b5";

const config::environment secrets{
  {"KEY", canary}, {"SESSIONS", "CANARY-5c1d0b7e4a2f49d6a1e8c3b5-and-more"}};

std::string view(std::string_view text) {
  return config_view(config::accepted({text, secrets}));
}

} // namespace

TEST_CASE("what the node was told is shown by section") {
  auto shown = boost::json::parse(view(R"(
    [http]
    port = 1234
    [dependency.x]
    kind = "openai_compatible"
    url = "http://db7.internal"
    models = ["m"]
    breaker.failures = 7
    [models.smart]
    chain = ["x/m"]
  )"));
  CHECK(shown.at("http").at("port") == 1234);
  CHECK(shown.at("http").at("max_body") == "4MiB");
  CHECK(shown.at("http").at("idle_timeout") == "75s");
  auto& x = shown.at("dependency").at("x");
  CHECK(x.at("kind") == "openai_compatible");
  CHECK(x.at("models").at(0) == "m");
  CHECK(x.at("breaker").at("failures") == 7);
  CHECK(shown.at("models").at("smart").at("chain").at(0) == "x/m");
}

TEST_CASE("of what is nobody's business it is said that it is set") {
  auto text = view(R"(
    [http]
    bind = "127.0.0.9"
    allowed_hosts = ["CANARY.example.com"]
    trusted_proxies = ["10.11.12.13"]
    [telemetry]
    admin_token = "env:KEY"
    [mcp]
    session_secrets = "env:SESSIONS"
    [dependency.x]
    kind = "openai_compatible"
    url = "http://CANARY.internal/v1"
    api_key = "env:KEY"
    [limits.keys.canary]
    sha256 = "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
    user = "CANARY-alice"
  )");
  for (auto word :
       {"CANARY", "canary", "127.0.0.9", "10.11", "aaaa", "alice", "internal"})
    CHECK(text.find(word) == text.npos);
  auto shown = boost::json::parse(text);
  CHECK(shown.at("mcp").at("session_secrets") == "(set)");
  CHECK(shown.at("http").at("allowed_hosts") == "(set)");
  CHECK(shown.at("http").at("tls_key") == "");
  CHECK(shown.at("limits").at("keys") == 1);
}
