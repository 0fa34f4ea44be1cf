// Reason for length: every rule between options, one function each.
#include "server/config/checks.hpp"

#include <algorithm>

#include "protocol/mcp/session_secrets.hpp"
#include "server/config/addresses.hpp"
#include "server/config/check_agent.hpp"
#include "server/config/check_cluster.hpp"
#include "server/config/check_mcp.hpp"
#include "server/config/check_oauth.hpp"
#include "server/config/check_openapi.hpp"
#include "server/config/check_semantic.hpp"
#include "server/config/check_tls.hpp"
#include "server/config/judge.hpp"
#include "server/config/kinds.hpp"
#include "server/config/nearest.hpp"
#include "server/config/storage.hpp"
#include "server/redis/address.hpp"

namespace caisson::config {
namespace {

// -- dependencies -------------------------------------------------------------

void check_remote(const judge& to, const dependency_settings& one,
                  const kind_profile& kind, const std::string& path) {
  if (one.url.empty() && !to.broken(path + ".url"))
    to.miss(path + ".kind", path + " has no url",
            "the address of the server, such as "
              + in_quotes(kind.url_example));
  // Behind another address may be a server that wants none.
  if (one.api_key.empty() && !kind.url.empty() && one.url == kind.url
      && !to.broken(path + ".api_key") && !to.broken(path + ".url"))
    to.miss(path + ".kind", path + " has no api_key",
            "a reference, \"env:NAME\" or \"file:PATH\"");
}

constexpr std::string_view store_kind = "redis";

/// The address suits the kind.
void check_url(const judge& to, const dependency_settings& one,
               const std::string& path) {
  if (one.url.empty() || to.broken(path + ".url"))
    return;
  if (one.kind != store_kind) {
    if (is_redis_url(one.url))
      to.refuse(path + ".url", path + ".url is an address of Redis",
                "http:// or https:// with a host");
  } else if (auto read = redis::address::parse(one.url); !read) {
    to.refuse(path + ".url", path + ".url " + read.error().detail,
              std::string{redis::address::forms});
  }
}

/// What a key-value store has, and what it has not.
void check_store(const judge& to, const dependency_settings& one,
                 const std::string& path) {
  for (auto key : {".models", ".idle_timeout", ".min_tokens_per_second",
                   ".breaker.per_model", ".breaker.slow_first_token",
                   ".breaker.slow_tokens_per_second"})
    if (to.from.has(path + key))
      to.refuse(path + key, path + key + " is set",
                "none: a store has no models and no streams");
  if (!one.user.empty() && one.api_key.empty() && !to.broken(path + ".api_key"))
    to.refuse(path + ".user", path + " has a user and no api_key",
              "a reference to the password, \"env:NAME\" or \"file:PATH\"");
}

void check_provider(const judge& to, const std::string& path) {
  if (to.from.has(path + ".user"))
    to.refuse(path + ".user", path + ".user is set",
              "none: a provider knows its callers by their key");
}

void check_local(const judge& to, const std::string& path) {
  for (auto key : {".url", ".api_key", ".ca_file"})
    if (to.from.has(path + key))
      to.refuse(path + key, path + key + " is set",
                "none: a simulated provider calls nobody");
}

void check_prompt_cache(const judge& to, const dependency_settings& one,
                        const kind_profile& kind, const std::string& path) {
  auto key = path + ".prompt_cache";
  if (one.prompt_cache && !kind.prompt_cache && !to.broken(key))
    to.refuse(key, key + " is true",
              "false: a provider of kind " + in_quotes(one.kind)
                + " cannot be told what to keep");
}

void check_retry(const judge& to, const dependency_settings& one,
                 const std::string& path) {
  auto cap = path + ".retry.cap";
  auto base = path + ".retry.base";
  if (one.retry.base <= one.retry.cap || to.broken(cap) || to.broken(base))
    return;
  to.refuse(to.from.has(cap) ? cap : base,
            cap + " is " + in_quotes(show_duration(one.retry.cap.count())),
            "no less than " + base + ", "
              + in_quotes(show_duration(one.retry.base.count())));
}

void check_repeats(const judge& to, const std::vector<std::string>& list,
                   const std::string& path) {
  for (auto item = list.begin(); item != list.end(); ++item)
    if (std::find(list.begin(), item, *item) != item)
      to.refuse(path + '[' + std::to_string(item - list.begin()) + ']',
                path + " has " + in_quotes(*item) + " twice", "each once");
}

/// Two names that no environment variable could tell apart.
void check_collision(const judge& to, const dependency_settings& one) {
  auto folded = [](std::string name) {
    std::replace(name.begin(), name.end(), '-', '_');
    return name;
  };
  for (auto& other : to.made.dependencies) {
    if (&other == &one)
      return;
    if (folded(other.name) == folded(one.name))
      to.refuse("dependency." + one.name,
                in_quotes(one.name) + " collides with " + in_quotes(other.name),
                "names that differ in more than - and _");
  }
}

void check_dependency(const judge& to, const dependency_settings& one) {
  auto path = "dependency." + one.name;
  check_collision(to, one);
  check_retry(to, one, path);
  check_repeats(to, one.models, path + ".models");
  auto kind = kind_of(one.kind);
  if (kind == nullptr)
    return; // already refused by its rule, or missing
  check_prompt_cache(to, one, *kind, path);
  if (kind->remote) {
    check_remote(to, one, *kind, path);
    check_url(to, one, path);
  }
  if (serves_models(one))
    check_provider(to, path);
  else if (one.kind == store_kind)
    check_store(to, one, path);
  if (!kind->remote && serves_models(one))
    check_local(to, path);
}

// -- models -------------------------------------------------------------------

/// Of those where models live.
std::vector<std::string> provider_names(const settings& made) {
  std::vector<std::string> names;
  for (auto& one : made.dependencies)
    if (serves_models(one))
      names.push_back(one.name);
  return names;
}

void check_chain(const judge& to, const model_settings& model,
                 const std::string& path) {
  auto names = provider_names(to.made);
  if (model.chain.empty() && !to.broken(path))
    to.refuse(path, path + " is empty", "at least one \"dependency/model\"");
  for (std::size_t i = 0; i < model.chain.size(); ++i) {
    auto& target = model.chain[i];
    auto name = target.substr(0, target.find('/'));
    auto found
      = std::find_if(to.made.dependencies.begin(), to.made.dependencies.end(),
                     [&](auto& one) { return one.name == name; });
    if (found != to.made.dependencies.end() && serves_models(*found))
      continue;
    auto element = path + '[' + std::to_string(i) + ']';
    to.refuse(element,
              element + " leads to " + in_quotes(name)
                + (found == to.made.dependencies.end()
                     ? ", which is no dependency"
                     : ", where no models are"),
              in_quotes(nearest(name, names)) + ", the nearest known");
  }
  check_repeats(to, model.chain, path);
}

/// "openai/x" as a name of ours would hide the model x of openai.
void check_hiding(const judge& to, const model_settings& model) {
  auto slash = model.name.find('/');
  if (slash == std::string::npos)
    return;
  auto names = provider_names(to.made);
  auto start = model.name.substr(0, slash);
  if (std::find(names.begin(), names.end(), start) != names.end())
    to.refuse("models." + model.name,
              in_quotes(model.name) + " collides with the models of dependency "
                + in_quotes(start),
              "a name that does not begin like a dependency");
}

// -- keys ---------------------------------------------------------------------

void check_key(const judge& to, const api_key_settings& one) {
  auto path = "limits.keys." + one.name;
  if (one.sha256.empty()) {
    if (!to.broken(path + ".sha256"))
      to.refuse(path, path + " has no sha256",
                "the digest of the key: printf %s KEY | sha256sum");
    return;
  }
  for (auto& other : to.made.api_keys) {
    if (&other == &one)
      return;
    if (other.sha256 == one.sha256)
      to.refuse(path + ".sha256",
                in_quotes(one.name) + " is the same key as "
                  + in_quotes(other.name),
                "each key once");
  }
}

void check_limit_store(const judge& to) {
  auto& all = to.made.dependencies;
  auto known = std::any_of(all.begin(), all.end(),
                           [](auto& x) { return x.kind == store_kind; });
  if (to.made.limits.store == limit_store::redis && !known)
    to.refuse("limits.store", "limits.store is \"redis\", and there is none",
              "a dependency of kind \"redis\", or \"auto\"");
  if (to.made.limits.store == limit_store::cluster && !to.made.cluster.enabled)
    to.refuse("limits.store",
              "limits.store is \"cluster\", and cluster.enabled is false",
              "a [cluster], or \"auto\"");
}

/// A price of what there is not would be a mistake that nobody notices: a
/// budget would never be used up.
void check_price(const judge& to, const price_settings& one) {
  auto names = provider_names(to.made);
  auto name = one.name.substr(0, one.name.find('/'));
  if (std::find(names.begin(), names.end(), name) == names.end())
    to.refuse("prices." + one.name,
              "prices." + in_quotes(one.name) + " is of " + in_quotes(name)
                + ", which is no provider",
              in_quotes(nearest(name, names)) + ", the nearest known");
}

// -- listeners ----------------------------------------------------------------

void check_telemetry(const judge& to) {
  auto& telemetry = to.made.telemetry;
  if (is_loopback(telemetry.bind) || !telemetry.admin_token.empty()
      || to.broken("telemetry.bind") || to.broken("telemetry.admin_token"))
    return;
  to.refuse("telemetry.bind",
            "telemetry.bind is off loopback without telemetry.admin_token",
            "a loopback address, or an admin_token");
}

void check_ports(const judge& to) {
  auto& http = to.made.http;
  auto& telemetry = to.made.telemetry;
  auto everywhere
    = [](std::string_view ip) { return ip == "0.0.0.0" || ip == "::"; };
  auto overlap = http.bind == telemetry.bind || everywhere(http.bind)
                 || everywhere(telemetry.bind);
  if (http.port == 0 || http.port != telemetry.port || !overlap)
    return;
  auto path = to.from.has("telemetry.port") ? "telemetry.port" : "http.port";
  to.refuse(
    path, "http.port and telemetry.port are both " + std::to_string(http.port),
    "two ports");
}

// -- MCP ----------------------------------------------------------------------

void check_session_secrets(const judge& to) {
  namespace mcp = protocol::mcp;
  auto& text = to.made.mcp.session_secrets;
  if (!text.empty() && !mcp::read_session_secrets(text))
    to.refuse("mcp.session_secrets",
              "mcp.session_secrets refers to what is too short, or to too many",
              std::string{mcp::session_secret_form});
}

// -- cache --------------------------------------------------------------------

void check_second_layer(const judge& to) {
  auto& all = to.made.dependencies;
  auto has_store = std::any_of(
    all.begin(), all.end(), [](auto& one) { return one.kind == store_kind; });
  if (to.made.cache.l2 == cache_l2::redis && !has_store)
    to.refuse("cache.l2",
              "cache.l2 is \"redis\", but no dependency is of that kind",
              "a dependency of kind redis, or \"auto\"");
}

} // namespace

void check(const settings& made, const origins& from, problems& wrong) {
  judge to{made, from, wrong};
  check_telemetry(to);
  check_ports(to);
  check_session_secrets(to);
  check_tls(made, from, wrong);
  check_cluster(made, from, wrong);
  check_second_layer(to);
  check_semantic(made, from, wrong);
  check_mcp(made, from, wrong);
  check_openapi(made, from, wrong);
  check_oauth(made, from, wrong);
  check_agent(made, from, wrong);
  check_storage(made, from, wrong);
  for (auto& one : made.dependencies)
    check_dependency(to, one);
  check_limit_store(to);
  for (auto& one : made.api_keys)
    check_key(to, one);
  for (auto& one : made.prices)
    check_price(to, one);
  for (auto& model : made.models) {
    check_chain(to, model, "models." + model.name + ".chain");
    check_hiding(to, model);
  }
}

} // namespace caisson::config
