#include "server/config/addresses.hpp"
#include "tests/server/config_fixture.hpp"

namespace caisson::config {

namespace {

/// A remote dependency with `more` lines.
std::string remote(std::string more) {
  return "[dependency.x]\nkind = \"openai_compatible\"\n" + more;
}

} // namespace

TEST_CASE("only URLs that can be called are URLs", "[config]") {
  for (auto right :
       {"http://localhost", "https://api.openai.com/v1", "http://[::1]:8080/x",
        "http://10.0.0.1:1/a/b", "http://my_service:80"})
    CHECK(is_url(right));
  for (auto wrong : {"",
                     "api.openai.com",
                     "ftp://x",
                     "http://",
                     "http:///x",
                     "https://:80",
                     "http://x:0",
                     "http://x:65536",
                     "http://x:",
                     "http://x:1a",
                     "http://user:pass@x",
                     "http://x?a=b",
                     "http://x#a",
                     "http://a b",
                     "http://[::1",
                     "http://[x]",
                     "http://[127.0.0.1]",
                     "http://::1",
                     "http://x\\y",
                     "HTTP://x",
                     "http://x\r\nHost: y"})
    CHECK_FALSE(is_url(wrong));
  CHECK(host_of("http://[::1]:8080/x") == "::1");
}

TEST_CASE("loopback is what never leaves the machine", "[config]") {
  for (auto host : {"localhost", "a.localhost", "127.0.0.1", "127.9.9.9", "::1",
                    "::ffff:127.0.0.1"})
    CHECK(is_loopback(host));
  for (auto host : {"0.0.0.0", "::", "10.0.0.1", "example.com", "127.0.0.1.com",
                    "localhost.com", "::ffff:10.0.0.1", ""})
    CHECK_FALSE(is_loopback(host));
}

TEST_CASE("an address with a NUL in it is none", "[config]") {
  CHECK_FALSE(is_ip(std::string_view{"127.0.0.1\0x", 11}));
}

TEST_CASE("each kind brings its url and its concurrency", "[config]") {
  environment key{{"KEY", "sk"}};
  auto of = [&](std::string_view lines) {
    auto text = "[dependency.x]\n" + std::string{lines};
    return accepted({text, key, {}}).dependencies.at(0);
  };
  auto openai = of("kind = \"openai\"\napi_key = \"env:KEY\"");
  CHECK(openai.url == "https://api.openai.com/v1");
  CHECK(openai.bulkhead.concurrency == 15);
  CHECK(openai.bulkhead.queue == 100);
  CHECK(openai.bulkhead.queue_timeout == millis{1'000});
  auto anthropic = of("kind = \"anthropic\"\napi_key = \"env:KEY\"");
  CHECK(anthropic.url == "https://api.anthropic.com");
  CHECK(anthropic.bulkhead.concurrency == 8);
  auto google = of("kind = \"google\"\napi_key = \"env:KEY\"");
  CHECK(google.url == "https://generativelanguage.googleapis.com");
  CHECK(google.bulkhead.concurrency == 15);
  auto far = of("kind = \"openai_compatible\"\nurl = \"https://x.example\"");
  CHECK(far.bulkhead.concurrency == 10);
  CHECK(far.models.empty());
  auto local = of("kind = \"openai_compatible\"\nurl = \"http://[::1]:80\"");
  CHECK(local.bulkhead.concurrency == 50);
  auto simulated = of("kind = \"simulated\"");
  CHECK(simulated.url.empty());
  CHECK(simulated.bulkhead.concurrency == 50);
  CHECK(simulated.models
        == lines{"simulated", "simulated-slow", "simulated-fail"});
  auto own = of("kind = \"simulated\"\nbulkhead.concurrency = 3\nmodels = []");
  CHECK(own.bulkhead.concurrency == 3);
  CHECK(own.models.empty());
}

TEST_CASE("a provider is told what to keep where that is free, and where it is "
          "wanted",
          "[config]") {
  auto kept = [](std::string lines) {
    auto text = "[dependency.x]\nurl = \"http://localhost\"\n" + lines;
    return accepted({text}).dependencies.at(0).prompt_cache;
  };
  CHECK(kept("kind = \"openai\""));
  CHECK_FALSE(kept("kind = \"openai\"\nprompt_cache = false"));
  for (std::string kind : {"anthropic", "google"}) {
    CHECK_FALSE(kept("kind = \"" + kind + '"'));
    CHECK(kept("kind = \"" + kind + "\"\nprompt_cache = true"));
  }
  CHECK_FALSE(kept("kind = \"openai_compatible\"\nprompt_cache = false"));
  CHECK(complaints({remote("url = \"http://localhost\"\nprompt_cache = true")})
        == lines{"caisson.toml:4:16: dependency.x.prompt_cache is true, "
                 "expected false: a provider of kind \"openai_compatible\" "
                 "cannot be told what to keep"});
}

TEST_CASE("a dependency says what it is and where", "[config]") {
  CHECK(complaints({"[dependency.x]\ntimeout = \"1s\""})
        == lines{"caisson.toml:1:13: dependency.x has no kind, expected one of "
                 "\"openai\", \"anthropic\", \"google\", "
                 "\"openai_compatible\", \"simulated\", \"redis\", "
                 "\"mcp_http\", \"mcp_stdio\", \"openapi\""});
  CHECK(complaints({"[dependency.x]\nkind = \"opnai\""})
          .at(0)
          .starts_with(
            "caisson.toml:2:8: dependency.x.kind is \"opnai\", nearest is "
            "\"openai\", expected one of "));
  CHECK(complaints({remote("")})
          .at(0)
          .starts_with("caisson.toml:2:8: dependency.x has no url, expected "));
  CHECK(complaints({remote("url = \"ftp://x\"")})
        == lines{"caisson.toml:3:7: dependency.x.url is no URL that can be "
                 "called, expected http:// or https:// with a host, without "
                 "user, query or fragment"});
  CHECK(
    complaints({"[dependency.x]\nkind = \"openai\""})
      .at(0)
      .starts_with("caisson.toml:2:8: dependency.x has no api_key, expected "));
  CHECK(complaints(
          {"[dependency.x]\nkind = \"openai\"\nurl = \"http://localhost\""})
          .empty());
  CHECK(complaints({"[dependency.x]\nkind = \"simulated\"\n"
                    "url = \"http://localhost\""})
        == lines{"caisson.toml:3:7: dependency.x.url is set, expected none: a "
                 "simulated provider calls nobody"});
}

TEST_CASE("what is absent has another code than what is wrong", "[config]") {
  auto said = [](std::string_view text) {
    auto result = world{text}.loaded();
    REQUIRE(std::holds_alternative<problems>(result));
    return code_of(std::get<problems>(result));
  };
  std::string key = "[dependency.x]\nkind = \"openai\"\napi_key = ";
  CHECK(said("[dependency.x]\ntimeout = \"1s\"") == errc::config_missing);
  CHECK(said(remote("")) == errc::config_missing);
  CHECK(said("[dependency.x]\nkind = \"openai\"") == errc::config_missing);
  CHECK(said(key + "\"env:NOPE\"") == errc::config_secret_not_found);
  CHECK(said(key + "\"file:/nonexistent/x\"") == errc::config_secret_not_found);
  CHECK(said(key + "\"bare\"") == errc::config_invalid);
  // One name cannot say two things.
  CHECK(said(key + "\"env:NOPE\"\n[dependency.y]\ntimeout = \"1s\"")
        == errc::config_invalid);
  CHECK(code_of({}) == errc::config_invalid);
}

TEST_CASE("a redis brings what SPEC gives it", "[config]") {
  auto made = accepted({"[dependency.store]\nkind = \"redis\"\n"
                        "url = \"redis://127.0.0.1\""})
                .dependencies.at(0);
  CHECK(made.breaker.failures == 5);
  CHECK(made.breaker.open_for == millis{30'000});
  CHECK(made.breaker.open_for_max == millis{30'000});
  CHECK(made.timeout == millis{100});
  CHECK(made.connect_timeout == millis{1'000});
  CHECK(made.bulkhead.concurrency == 100);
  CHECK(made.bulkhead.queue == 1'000);
  CHECK(made.bulkhead.queue_timeout == millis{50});
  CHECK(made.retry.attempts == 3);
  CHECK(made.models.empty());
  CHECK(made.user.empty());
}

TEST_CASE("a redis is where its kind of address says", "[config]") {
  auto at = [](std::string_view url, std::string_view more = "") {
    return complaints({"[dependency.store]\nkind = \"redis\"\nurl = \""
                       + std::string{url} + "\"\n" + std::string{more}});
  };
  for (auto good :
       {"redis://localhost", "rediss://localhost:6380/1",
        "redis+sentinel://a,b:1/main", "redis+cluster://a:7000,b:7001"})
    CHECK(at(good).empty());
  CHECK(at("http://localhost")
          .at(0)
          .starts_with("caisson.toml:3:7: dependency.store.url is no address "
                       "of Redis, expected "
                       "redis://host"));
  CHECK(at("redis+cluster://a/1")
          .at(0)
          .starts_with("caisson.toml:3:7: dependency.store.url has a database, "
                       "and a cluster has "
                       "only one, expected "));
  // A password in a url is refused, and not repeated.
  auto told = at("redis://:hunter2@localhost").at(0);
  CHECK(told.find("names no host") != std::string::npos);
  CHECK(told.find("hunter2") == std::string::npos);
  CHECK(complaints({"[dependency.store]\nkind = \"redis\""})
          .at(0)
          .ends_with("has no url, expected the address of the server, such as "
                     "\"redis://127.0.0.1:6379\""));
  CHECK(complaints({remote("url = \"redis://localhost\"")})
        == lines{"caisson.toml:3:7: dependency.x.url is an address of Redis, "
                 "expected http:// or https:// with a host"});
}

TEST_CASE("a redis has a user, and no models", "[config]") {
  auto with = [](std::string_view more, environment variables = {}) {
    return complaints({"[dependency.store]\nkind = \"redis\"\n"
                       "url = \"redis://localhost\"\n"
                         + std::string{more},
                       std::move(variables),
                       {}});
  };
  CHECK(with("user = \"a\"\napi_key = \"env:WORD\"", {{"WORD", "w"}}).empty());
  CHECK(with("user = \"a\"")
          .at(0)
          .starts_with("caisson.toml:4:8: dependency.store has a user and no "
                       "api_key, expected "));
  for (auto key : {"models = [\"m\"]", "idle_timeout = \"1s\"",
                   "min_tokens_per_second = 1.0", "breaker.per_model = true",
                   "breaker.slow_first_token = \"1s\"",
                   "breaker.slow_tokens_per_second = 1.0"}) {
    INFO(key);
    REQUIRE(with(key).size() == 1);
    CHECK(with(key)[0].ends_with(
      " is set, expected none: a store has no models and no streams"));
  }
  CHECK(complaints({remote("url = \"http://localhost\"\nuser = \"a\"")})
        == lines{"caisson.toml:4:8: dependency.x.user is set, expected none: a "
                 "provider knows its callers by their key"});
  auto chain = with("[models.m]\nchain = [\"store/m\"]");
  REQUIRE(chain.size() == 1);
  CHECK(chain[0].find("leads to \"store\", where no models are")
        != std::string::npos);
}

TEST_CASE("a file of authorities can be read", "[config]") {
  auto with = [](std::string_view path) {
    return complaints({remote("url = \"https://localhost\"\nca_file = \""
                              + std::string{path} + "\"")});
  };
  CHECK(with(CAISSON_SOURCE_DIR "/config/caisson.toml").empty());
  for (auto wrong : {"", "/nonexistent/ca.pem", "/"})
    CHECK(with(wrong)
          == lines{"caisson.toml:4:11: dependency.x.ca_file names no file that "
                   "can be read, expected the path of a file"});
}

TEST_CASE("names of dependencies are plain and do not collide", "[config]") {
  auto named = [](std::string_view name) {
    return complaints(
      {"[dependency." + std::string{name} + "]\nkind = \"simulated\""});
  };
  CHECK(named("a-b_9").empty());
  CHECK(named(std::string(64, 'a')).empty());
  CHECK(named("Open").at(0).starts_with(
    "caisson.toml:1:13: \"Open\" is no name for a dependency, expected "));
  CHECK(named("\"a b\"").size() == 1);
  CHECK(named("\"\"").size() == 1);
  CHECK(named(std::string(65, 'a')).size() == 1);
  CHECK(complaints({"[dependency.a-b]\nkind = \"simulated\"\n"
                    "[dependency.a_b]\nkind = \"simulated\""})
        == lines{"caisson.toml:3:13: \"a_b\" collides with \"a-b\", expected "
                 "names that differ in more than - and _"});
}

TEST_CASE("a problem is one line, whatever stands in a key", "[config]") {
  CHECK(complaints({"[dependency.\"a\\nb\\u0007\"]"})
        == lines{"caisson.toml:1:13: \"a?b?\" is no name for a dependency, "
                 "expected 1 to 64 of a-z 0-9 _ -",
                 "caisson.toml:1:13: dependency.a?b? has no kind, expected one "
                 "of \"openai\", \"anthropic\", \"google\", "
                 "\"openai_compatible\", \"simulated\", \"redis\", "
                 "\"mcp_http\", \"mcp_stdio\", \"openapi\""});
}

TEST_CASE("a retry's base is no longer than its cap", "[config]") {
  auto text = [](std::string_view more) {
    return "[dependency.x]\nkind = \"simulated\"\nretry." + std::string{more};
  };
  CHECK(complaints({text("cap = \"500ms\"")})
        == lines{"caisson.toml:3:13: dependency.x.retry.cap is \"500ms\", "
                 "expected no less than dependency.x.retry.base, \"1s\""});
  CHECK(complaints({text("base = \"11s\"")})
          .at(0)
          .starts_with("caisson.toml:3:14: "));
  CHECK(complaints({text("base = \"10s\"")}).empty());
  // Not judged by a default that the writer did not mean.
  CHECK(complaints({text("cap = \"x\"\nretry.base = \"20s\"")}).size() == 1);
}

TEST_CASE("bounds belong to the range or not as they say", "[config]") {
  auto breaker = [](std::string_view more) {
    return complaints({"[dependency.x]\nkind = \"simulated\"\nbreaker."
                       + std::string{more}})
      .empty();
  };
  CHECK(breaker("failure_rate = 1"));
  CHECK(breaker("failure_rate = 0.01"));
  CHECK_FALSE(breaker("failure_rate = 0"));
  CHECK_FALSE(breaker("failure_rate = 1.01"));
  CHECK_FALSE(breaker("failure_rate = nan"));
  CHECK_FALSE(breaker("failure_rate = inf"));
  CHECK_FALSE(breaker("failures = -1"));
  CHECK_FALSE(breaker("failures = 1.0"));
  CHECK_FALSE(breaker("failures = 4294967297"));
  CHECK_FALSE(breaker("mode = \"automatic\""));
  CHECK(breaker("mode = \"auto\""));
}

TEST_CASE("a chain leads to dependencies that exist", "[config]") {
  constexpr std::string_view start = "[dependency.fast]\nkind = "
                                     "\"simulated\"\n[models.m]\n";
  auto chain = [&](std::string_view rest) {
    return complaints({std::string{start} + std::string{rest}});
  };
  CHECK(chain("chain = [\"fast/a\", \"fast/b/c\"]").empty());
  CHECK(chain("chain = [\"fast/a\", \"fats/b\"]")
        == lines{"caisson.toml:4:20: models.m.chain[1] leads to \"fats\", "
                 "which is no dependency, expected \"fast\", the nearest "
                 "known"});
  CHECK(chain("chain = [\"fast/a\", \"fast/a\"]")
        == lines{"caisson.toml:4:20: models.m.chain has \"fast/a\" twice, "
                 "expected each once"});
  CHECK(chain("chain = []")
          .at(0)
          .starts_with("caisson.toml:4:9: models.m.chain is empty"));
  CHECK(
    chain("").at(0).starts_with("caisson.toml:3:9: models.m.chain is empty"));
  CHECK(chain("chain = [\"fast/\"]").size() == 1);
  CHECK(chain("chain = [\"/a\"]").size() == 1);
}

TEST_CASE("a model does not hide those of a dependency", "[config]") {
  constexpr auto text = R"([dependency.fast]
kind = "simulated"
models = ["a", "b", "a"]
[models."fast/x"]
chain = ["fast/a"]
[models."meta/x"]
chain = ["fast/a"]
)";
  CHECK(complaints({text})
        == lines{"caisson.toml:3:21: dependency.fast.models has \"a\" twice, "
                 "expected each once",
                 "caisson.toml:4:9: \"fast/x\" collides with the models of "
                 "dependency \"fast\", expected a name that does not begin "
                 "like a dependency"});
}

TEST_CASE("telemetry off loopback needs a token", "[config]") {
  environment key{{"TOKEN", "t0ken"}};
  CHECK(complaints({"[telemetry]\nbind = \"0.0.0.0\""})
        == lines{"caisson.toml:2:8: telemetry.bind is off loopback without "
                 "telemetry.admin_token, expected a loopback address, or an "
                 "admin_token"});
  CHECK(complaints({"[telemetry]\nbind = \"127.0.0.2\""}).empty());
  CHECK(complaints({"[telemetry]\nbind = \"0.0.0.0\"\n"
                    "admin_token = \"env:TOKEN\"",
                    key,
                    {}})
          .empty());
  CHECK(complaints({"[telemetry]\nbind = \"example.com\""}).size() == 1);
}

TEST_CASE("two listeners need two ports", "[config]") {
  CHECK(complaints({"[http]\nport = 9464"})
        == lines{"caisson.toml:2:8: http.port and telemetry.port are both "
                 "9464, expected two ports"});
  CHECK(complaints({"[http]\nport = 9464\nbind = \"0.0.0.0\""}).size() == 1);
  CHECK(complaints({"[http]\nport = 9464\nbind = \"127.0.0.2\""}).empty());
  CHECK(complaints({"[http]\nport = 0\n[telemetry]\nport = 0"}).empty());
}

TEST_CASE("a second layer that is asked for must be there", "[config]") {
  CHECK(
    complaints({"[cache]\nl2 = \"redis\"\n"})
    == lines{"caisson.toml:2:6: cache.l2 is \"redis\", but no dependency is "
             "of that kind, expected a dependency of kind redis, or "
             "\"auto\""});
  CHECK(accepted({"[cache]\nl2 = \"off\"\n[cache.ttl]\nllm = \"5m\"\n"})
          .cache.ttl.llm
        == millis{300'000});
}

TEST_CASE("hosts and origins are such as browsers send", "[config]") {
  for (auto right : {"a.example.com", "a:8080", "127.0.0.1", "[::1]:1"})
    CHECK(is_host(right));
  for (auto wrong : {"", "http://a", "a/b", "a b", "*"})
    CHECK_FALSE(is_host(wrong));
  for (auto right : {"https://a.example.com", "http://localhost:3000", "*"})
    CHECK(is_origin(right));
  for (auto wrong : {"", "a.example.com", "https://", "https://a/b", "null"})
    CHECK_FALSE(is_origin(wrong));
  CHECK(complaints({"[http]\nallowed_hosts = [\"a b\"]"}).size() == 1);
  CHECK(complaints({"[http]\nallowed_origins = [\"a\"]"}).size() == 1);
}

TEST_CASE("secrets of sessions are long enough", "[config]") {
  CHECK(
    complaints({"[mcp]\nsession_secrets = \"env:SHORT\"", {{"SHORT", "short"}}})
    == std::vector<std::string>{
      "caisson.toml:2:19: mcp.session_secrets refers to what is too short, "
      "or to too many, expected one to eight secrets of at least 32 "
      "characters each, with blanks or commas between them"});
}

} // namespace caisson::config
