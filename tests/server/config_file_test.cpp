#include <algorithm>
#include <fstream>
#include <set>
#include <sstream>

#include "server/config/kinds.hpp"
#include "server/config/schema.hpp"
#include "tests/server/config_fixture.hpp"
#include "tests/server/papers.hpp"

// config/caisson.toml against the schema: the file that people read says what
// the code does, all of it and nothing else.

namespace caisson::config {

namespace {

using keys = std::set<std::string>;

constexpr auto there = CAISSON_SOURCE_DIR "/config/caisson.toml";
constexpr auto description
  = CAISSON_SOURCE_DIR "/tests/system/harness/shop.yaml";

std::string shipped() {
  std::ifstream file{there};
  REQUIRE(file);
  std::stringstream text;
  text << file.rdbuf();
  return text.str();
}

/// A file of authorities, a certificate and its key, in place of the examples.
struct stand_ins {
  papers files;
  stand_ins() { REQUIRE(files.make("node")); }
};

/// With its examples: "#= " is taken away, and the files that some of them name
/// are such as are there.
std::string uncommented() {
  std::stringstream text{shipped()};
  std::string out;
  for (std::string line; std::getline(text, line);)
    out += (line.starts_with("#= ") ? line.substr(3) : line) + '\n';
  static const stand_ins pair;
  const std::pair<std::string_view, std::string> present[]{
    {"/etc/caisson/ca.pem", there},
    {"/etc/caisson/api.yaml", description},
    {"/etc/caisson/cert.pem", pair.files.at("node.pem")},
    {"/etc/caisson/key.pem", pair.files.at("node.key")},
    {"/etc/caisson/cluster-ca.pem", pair.files.at("node.pem")},
    {"/etc/caisson/cluster-cert.pem", pair.files.at("node.pem")},
    {"/etc/caisson/cluster-key.pem", pair.files.at("node.key")},
    {"\"npx\"", "\"/bin/sh\""},
    {"directory = \"/srv\"", "directory = \"/\""},
    {"/var/lib/caisson", pair.files.at(".")}};
  for (auto& [named, real] : present) {
    auto at = out.find(named);
    REQUIRE(at != std::string::npos);
    out.replace(at, named.size(), real);
  }
  return out;
}

const environment secrets{
  {"OPENAI_API_KEY", "sk"},
  {"ADMIN_TOKEN", "token"},
  {"MCP_SESSION_SECRETS", "0123456789abcdef0123456789abcdef"},
  {"REDIS_PASSWORD", "secret"},
  {"TOOLS_KEY", "secret"},
  {"TOOLS_SECRET", "secret"},
  {"FILES_KEY", "secret"},
  {"MY_CAISSON_KEY", "secret"}};

void collect(const node& table, const std::string& below, keys& out) {
  for (auto& child : table.children) {
    auto path = below.empty() ? child.key : below + '.' + child.key;
    if (child.form == shape::table)
      collect(child, path, out);
    else
      out.insert(path);
  }
}

/// Every key of a document by its full path.
keys written(const std::string& text) {
  auto parsed = parse_document("caisson.toml", text);
  REQUIRE(std::holds_alternative<node>(parsed));
  keys out;
  collect(std::get<node>(parsed), "", out);
  return out;
}

keys known(const scope& where, const std::string& start) {
  keys out;
  for (auto option : where.options)
    out.insert(start + std::string{option->path});
  return out;
}

} // namespace

TEST_CASE("the shipped file is what the code does without it", "[config]") {
  auto text = shipped();
  auto file = accepted({text});
  auto code = accepted({});
  settings fresh;
  for (auto& row : node_options()) {
    INFO(row.path);
    CHECK(row.read(file) == row.read(code));
    CHECK(row.read(file) == row.read(fresh));
  }
  REQUIRE(file.dependencies.size() == code.dependencies.size());
  for (std::size_t i = 0; i < code.dependencies.size(); ++i)
    for (auto& row : dependency_options())
      CHECK(row.read(file.dependencies[i]) == row.read(code.dependencies[i]));
  REQUIRE(file.models.size() == code.models.size());
  for (std::size_t i = 0; i < code.models.size(); ++i)
    CHECK(file.models[i].chain == code.models[i].chain);
}

TEST_CASE("every option stands in the shipped file, and no other", "[config]") {
  auto expected = known(node_scope(), "");
  expected.merge(known(dependency_scope(), "dependency.openai."));
  // Providers have no users: it stands where it is one's.
  expected.erase("dependency.openai.user");
  for (auto key : {"kind", "url", "user", "api_key"})
    expected.insert("dependency.store." + std::string{key});
  // And what only a server of tools has, where that is one.
  for (auto key : {"prefix", "allow", "deny", "max_result", "on_large_result",
                   "refresh"}) {
    expected.erase("dependency.openai." + std::string{key});
    expected.insert("dependency.tools." + std::string{key});
  }
  for (auto key : {"kind", "url", "api_key"}) {
    expected.insert("dependency.tools." + std::string{key});
    expected.insert("dependency.api." + std::string{key});
  }
  for (auto key : {"grant", "client_id", "client_secret", "issuer", "scopes"}) {
    expected.erase("dependency.openai.oauth." + std::string{key});
    expected.insert("dependency.hosted.oauth." + std::string{key});
  }
  for (auto key : {"kind", "url"})
    expected.insert("dependency.hosted." + std::string{key});
  expected.erase("dependency.openai.spec");
  expected.insert("dependency.api.spec");
  for (auto key : {"command", "args", "env", "inherit", "directory", "restarts",
                   "restarts_within"}) {
    expected.erase("dependency.openai." + std::string{key});
    expected.insert("dependency.files." + std::string{key});
  }
  expected.insert("dependency.files.kind");
  expected.merge(known(model_scope(), "models.smart."));
  expected.merge(known(api_key_scope(), "limits.keys.alice."));
  expected.merge(known(tool_limit_scope(), "limits.tools.github_*."));
  expected.merge(known(price_scope(), "prices.openai/gpt-5."));
  CHECK(written(uncommented()) == expected);
}

TEST_CASE("only what has no default is commented out", "[config]") {
  auto expected = known(node_scope(), "");
  expected.erase("node.name");
  expected.erase("node.data_dir");
  expected.erase("storage.url");
  expected.erase("agent.model");
  expected.erase("telemetry.admin_token");
  expected.erase("http.public_url");
  expected.erase("http.tls_cert");
  expected.erase("http.tls_key");
  expected.erase("mcp.session_secrets");
  expected.erase("mcp.stdio_key");
  expected.erase("cache.semantic.embeddings");
  for (auto key : {"advertise", "ca", "cert", "key"})
    expected.erase("cluster." + std::string{key});
  CHECK(written(shipped()) == expected);
}

TEST_CASE("the examples of the shipped file work", "[config]") {
  auto text = uncommented();
  auto made = accepted({text, secrets, {}});
  CHECK(made.node.name == "caisson");
  CHECK(made.telemetry.admin_token == "token");
  REQUIRE(made.dependencies.size() == 6);
  CHECK(made.models.size() == 1);
  CHECK(made.dependencies[1].kind == "redis");
  CHECK(made.dependencies[2].kind == "mcp_http");
  CHECK(made.dependencies[3].mcp.oauth.client_secret == "secret");
  CHECK(made.dependencies[4].kind == "mcp_stdio");
  CHECK(made.dependencies[4].mcp.process.env
        == lines{"LOG_LEVEL=info", "API_KEY=secret"});
  CHECK(made.dependencies[5].kind == "openapi");
  CHECK(made.dependencies[5].mcp.description);
  CHECK(made.dependencies[1].user == "caisson");
  CHECK(made.dependencies[1].api_key == "secret");
  REQUIRE(made.api_keys.size() == 1);
  CHECK(made.api_keys[0].level == tier::free);
  REQUIRE(made.prices.size() == 1);
  CHECK(made.prices[0].price.output == 10);
  CHECK(made.dependencies[0].ca_file == there);
  // The example shows defaults but for what has none.
  auto& example = made.dependencies[0];
  auto plain = defaults_for("openai", "openai", "");
  const std::set<std::string_view> free{"api_key",
                                        "ca_file",
                                        "breaker.failure_rate",
                                        "breaker.slow_call",
                                        "breaker.slow_first_token",
                                        "breaker.slow_tokens_per_second",
                                        "breaker.window_time"};
  for (auto& row : dependency_options()) {
    INFO(row.path);
    if (free.count(row.path) == 0)
      CHECK(row.read(example) == row.read(plain));
  }
}

TEST_CASE("every option of the shipped file has its sentence", "[config]") {
  std::stringstream text{shipped()};
  std::string above;
  for (std::string line; std::getline(text, line);) {
    auto example = line.starts_with("#= ");
    auto plain = example ? line.substr(3) : line;
    auto is_option = !plain.empty() && plain[0] >= 'a' && plain[0] <= 'z';
    INFO(line);
    if (is_option && plain.find(" = ") != std::string::npos)
      CHECK((above.starts_with("# ") && above.find_first_of(".(") != 0));
    CHECK(line.size() <= 80);
    above = line;
  }
}

TEST_CASE("the shipped file marks what needs a restart", "[config]") {
  std::stringstream text{shipped()};
  std::string table;
  bool marked = false;
  keys found;
  for (std::string line; std::getline(text, line);) {
    auto plain = line.starts_with("#= ") ? line.substr(3) : line;
    if (plain.starts_with('['))
      table = plain.substr(1, plain.find(']') - 1);
    else if (plain.starts_with("# "))
      marked = plain.ends_with("(restart)");
    else if (auto end = plain.find(" = "); marked && end != std::string::npos)
      found.insert(table + '.' + plain.substr(0, end));
    if (plain.empty())
      marked = false;
  }
  keys expected;
  for (auto& row : node_options())
    if (row.change == reload::restart)
      expected.insert(std::string{row.path});
  CHECK(found == expected);
}

} // namespace caisson::config
