// Reason for length: THE table of all options.
#include "server/config/schema.hpp"

#include <algorithm>
#include <type_traits>
#include <utility>

#include "server/config/kinds.hpp"
#include "server/config/programs.hpp"
#include "server/config/rules.hpp"

namespace caisson::config {
namespace {

// -- from a value to a member and back ----------------------------------------

/// All names of an enumeration that counts from 0 and has a `name_of`.
template <class Enum>
std::vector<std::string> names_of() {
  std::vector<std::string> names;
  for (std::uint8_t i = 0; !name_of(static_cast<Enum>(i)).empty(); ++i)
    names.emplace_back(name_of(static_cast<Enum>(i)));
  return names;
}

template <class Member>
void put(Member& to, const value& from) {
  if constexpr (std::is_enum_v<Member>) {
    auto names = names_of<Member>();
    auto at
      = std::find(names.begin(), names.end(), std::get<std::string>(from));
    to = static_cast<Member>(at - names.begin());
  } else if constexpr (std::is_same_v<Member, bool>) {
    to = std::get<bool>(from);
  } else if constexpr (std::is_integral_v<Member>) {
    to = static_cast<Member>(std::get<std::int64_t>(from));
  } else {
    to = std::get<Member>(from);
  }
}

void put(millis& to, const value& from) {
  to = millis{std::get<std::int64_t>(from)};
}

void put(hedge_rule& to, const value& from) {
  to.after.reset();
  if (auto set = parse_duration(std::get<std::string>(from)))
    to.after = millis{*set};
}

template <class Member>
void put(std::optional<Member>& to, const value& from) {
  put(to.emplace(), from);
}

template <class Member>
std::optional<value> get(const Member& from) {
  if constexpr (std::is_enum_v<Member>)
    return std::string{name_of(from)};
  else if constexpr (std::is_same_v<Member, bool>)
    return from;
  else if constexpr (std::is_integral_v<Member>)
    return static_cast<std::int64_t>(from);
  else
    return from;
}

std::optional<value> get(const millis& from) {
  return from.count();
}

std::optional<value> get(const hedge_rule& from) {
  return from.after ? show_duration(from.after->count())
                    : std::string{observed_p95};
}

template <class Member>
std::optional<value> get(const std::optional<Member>& from) {
  return from ? get(*from) : std::nullopt;
}

template <class Class, class Member>
Class owner_of(Member Class::*);

/// A row for the member that the pointers lead to.
template <auto First, auto... Rest>
auto at(std::string_view path, rule allowed, reload change = reload::live) {
  using owner = decltype(owner_of(First));
  return row<owner>{
    {path, std::move(allowed), change},
    [](owner& to, const value& from) { put(((to.*First).*....*Rest), from); },
    [](const owner& from) { return get(((from.*First).*....*Rest)); },
  };
}

} // namespace

// -- the tables ---------------------------------------------------------------

const std::vector<row<settings>>& node_options() {
  using s = settings;
  using node = node_settings;
  using http = http_settings;
  using mcp = mcp_settings;
  using tele = telemetry_settings;
  using cache = cache_settings;
  using near = semantic_settings;
  using log = log_settings;
  using limit = limit_settings;
  using tiers = tiers_settings;
  using one = tier_settings;
  using ends = endpoint_settings;
  using keeping = storage_settings;
  using gang = cluster_settings;
  using flags = features_settings;
  // clang-format off
  static const std::vector<row<settings>> table{
    at<&s::node, &node::name>("node.name", name_rule(), reload::restart),
    at<&s::node, &node::data_dir>("node.data_dir", folder_rule(), reload::restart),
    at<&s::node, &node::drain_timeout>("node.drain_timeout", duration("0ms", "24h")),
    at<&s::node, &node::io_threads>("node.io_threads", integer(0, 1024), reload::restart),
    at<&s::http, &http::bind>("http.bind", ip_rule(), reload::restart),
    at<&s::http, &http::port>("http.port", port_rule(), reload::restart),
    at<&s::http, &http::max_body>("http.max_body", size("1B", "1GiB")),
    at<&s::http, &http::max_header>("http.max_header", size("256B", "1MiB")),
    at<&s::http, &http::header_timeout>("http.header_timeout", wait_rule()),
    at<&s::http, &http::body_timeout>("http.body_timeout", wait_rule()),
    at<&s::http, &http::idle_timeout>("http.idle_timeout", wait_rule()),
    at<&s::http, &http::write_timeout>("http.write_timeout", wait_rule()),
    at<&s::http, &http::max_connections>("http.max_connections", integer(1, 1'000'000)),
    at<&s::http, &http::max_queue_delay>("http.max_queue_delay", wait_rule()),
    at<&s::http, &http::request_timeout>("http.request_timeout", wait_rule()),
    at<&s::http, &http::trusted_proxies>("http.trusted_proxies", networks_rule()),
    at<&s::http, &http::allowed_hosts>("http.allowed_hosts", hosts_rule()),
    at<&s::http, &http::allowed_origins>("http.allowed_origins", origins_rule()),
    at<&s::http, &http::public_url>("http.public_url", web_url_rule()),
    at<&s::http, &http::tls_cert>("http.tls_cert", file_rule()),
    at<&s::http, &http::tls_key>("http.tls_key", file_rule()),
    at<&s::mcp, &mcp::session_secrets>("mcp.session_secrets", secret()),
    at<&s::mcp, &mcp::session_ttl>("mcp.session_ttl", duration("1s", "8760h")),
    at<&s::mcp, &mcp::max_streams>("mcp.max_streams", integer(0, 1'000'000)),
    at<&s::mcp, &mcp::keep_alive>("mcp.keep_alive", duration("100ms", "1h")),
    at<&s::mcp, &mcp::own_offers>("mcp.own_offers", flag(), reload::restart),
    at<&s::mcp, &mcp::anonymous_search>("mcp.anonymous_search", flag()),
    at<&s::mcp, &mcp::spill, &spill_settings::max_entries>("mcp.spill.max_entries", integer(1, 1'000'000)),
    at<&s::mcp, &mcp::spill, &spill_settings::max_bytes>("mcp.spill.max_bytes", size("1KiB", "1024GiB")),
    at<&s::mcp, &mcp::spill, &spill_settings::ttl>("mcp.spill.ttl", duration("1s", "24h")),
    at<&s::mcp, &mcp::tiers, &tool_tiers::anonymous, &tool_filter::allow>("mcp.tiers.anonymous.allow", tools_rule()),
    at<&s::mcp, &mcp::tiers, &tool_tiers::anonymous, &tool_filter::deny>("mcp.tiers.anonymous.deny", tools_rule()),
    at<&s::mcp, &mcp::tiers, &tool_tiers::free, &tool_filter::allow>("mcp.tiers.free.allow", tools_rule()),
    at<&s::mcp, &mcp::tiers, &tool_tiers::free, &tool_filter::deny>("mcp.tiers.free.deny", tools_rule()),
    at<&s::mcp, &mcp::tiers, &tool_tiers::standard, &tool_filter::allow>("mcp.tiers.standard.allow", tools_rule()),
    at<&s::mcp, &mcp::tiers, &tool_tiers::standard, &tool_filter::deny>("mcp.tiers.standard.deny", tools_rule()),
    at<&s::mcp, &mcp::tiers, &tool_tiers::premium, &tool_filter::allow>("mcp.tiers.premium.allow", tools_rule()),
    at<&s::mcp, &mcp::tiers, &tool_tiers::premium, &tool_filter::deny>("mcp.tiers.premium.deny", tools_rule()),
    at<&s::mcp, &mcp::tiers, &tool_tiers::enterprise, &tool_filter::allow>("mcp.tiers.enterprise.allow", tools_rule()),
    at<&s::mcp, &mcp::tiers, &tool_tiers::enterprise, &tool_filter::deny>("mcp.tiers.enterprise.deny", tools_rule()),
    at<&s::storage, &keeping::kind>("storage.kind", choice(names_of<storage_kind>), reload::restart),
    at<&s::storage, &keeping::url>("storage.url", storage_url_rule(), reload::restart),
    at<&s::storage, &keeping::max_size>("storage.max_size", size("1MiB", "1024GiB"), reload::restart),
    at<&s::agent, &agent_settings::model>("agent.model", model_rule()),
    at<&s::agent, &agent_settings::max_steps>("agent.max_steps", integer(1, 100)),
    at<&s::agent, &agent_settings::max_tokens>("agent.max_tokens", integer(100, 100'000'000)),
    at<&s::agent, &agent_settings::max_tools>("agent.max_tools", integer(0, 100)),
    at<&s::agent, &agent_settings::parallel>("agent.parallel", integer(1, 100)),
    at<&s::agent, &agent_settings::tools, &tool_filter::allow>("agent.allow", tools_rule()),
    at<&s::agent, &agent_settings::tools, &tool_filter::deny>("agent.deny", tools_rule()),
    at<&s::mcp, &mcp::stdio_key>("mcp.stdio_key", secret(), reload::restart),
    at<&s::mcp, &mcp::stdio_tier>("mcp.stdio_tier", choice(names_of<tier>), reload::restart),
    at<&s::mcp, &mcp::stdio_telemetry>("mcp.stdio_telemetry", flag(), reload::restart),
    at<&s::telemetry, &tele::bind>("telemetry.bind", ip_rule(), reload::restart),
    at<&s::telemetry, &tele::port>("telemetry.port", port_rule(), reload::restart),
    at<&s::telemetry, &tele::admin_token>("telemetry.admin_token", secret()),
    at<&s::cache, &cache::enabled>("cache.enabled", flag()),
    at<&s::cache, &cache::l1_entries>("cache.l1_entries", integer(0, 100'000'000)),
    at<&s::cache, &cache::l1_bytes>("cache.l1_bytes", size("0B", "1024GiB")),
    at<&s::cache, &cache::l1_ttl>("cache.l1_ttl", wait_rule()),
    at<&s::cache, &cache::l2>("cache.l2", choice(names_of<cache_l2>)),
    at<&s::cache, &cache::stale_if_error>("cache.stale_if_error", duration("0ms", "24h")),
    at<&s::cache, &cache::ttl, &cache_ttls::llm>("cache.ttl.llm", wait_rule()),
    at<&s::cache, &cache::ttl, &cache_ttls::embeddings>("cache.ttl.embeddings", wait_rule()),
    at<&s::cache, &cache::semantic, &near::enabled>("cache.semantic.enabled", flag()),
    at<&s::cache, &cache::semantic, &near::embeddings>("cache.semantic.embeddings", target_rule()),
    at<&s::cache, &cache::semantic, &near::threshold>("cache.semantic.threshold", real_between(0, 1)),
    at<&s::cache, &cache::semantic, &near::max_entries>("cache.semantic.max_entries", integer(1, 100'000)),
    at<&s::cache, &cache::semantic, &near::timeout>("cache.semantic.timeout", duration("1ms", "10s")),
    at<&s::cluster, &gang::enabled>("cluster.enabled", flag(), reload::restart),
    at<&s::cluster, &gang::bind>("cluster.bind", ip_rule(), reload::restart),
    at<&s::cluster, &gang::port>("cluster.port", port_rule(), reload::restart),
    at<&s::cluster, &gang::advertise>("cluster.advertise", peer_rule(), reload::restart),
    at<&s::cluster, &gang::seeds>("cluster.seeds", peers_rule(), reload::restart),
    at<&s::cluster, &gang::nodes>("cluster.nodes", names_rule(), reload::restart),
    at<&s::cluster, &gang::ca>("cluster.ca", file_rule(), reload::restart),
    at<&s::cluster, &gang::cert>("cluster.cert", file_rule(), reload::restart),
    at<&s::cluster, &gang::key>("cluster.key", file_rule(), reload::restart),
    at<&s::cluster, &gang::heartbeat>("cluster.heartbeat", duration("50ms", "1m"), reload::restart),
    at<&s::cluster, &gang::dead_after>("cluster.dead_after", duration("100ms", "10m"), reload::restart),
    at<&s::log, &log::level>("log.level", choice(names_of<log_level>)),
    at<&s::log, &log::format>("log.format", choice(names_of<log_format>)),
    at<&s::limits, &limit::mode>("limits.mode", choice(names_of<limit_mode>)),
    at<&s::limits, &limit::store>("limits.store", choice(names_of<limit_store>)),
    at<&s::limits, &limit::nodes>("limits.nodes", integer(1, 10'000)),
    at<&s::limits, &limit::max_clients>("limits.max_clients", integer(1, 100'000'000)),
    at<&s::strangers>("limits.unknown_keys", choice(names_of<unknown_keys>)),
    at<&s::limits, &limit::tiers, &tiers::anonymous, &one::minute>("limits.tiers.anonymous.minute", limit_rule()),
    at<&s::limits, &limit::tiers, &tiers::anonymous, &one::hour>("limits.tiers.anonymous.hour", limit_rule()),
    at<&s::limits, &limit::tiers, &tiers::anonymous, &one::day>("limits.tiers.anonymous.day", limit_rule()),
    at<&s::limits, &limit::tiers, &tiers::anonymous, &one::tokens_per_minute>("limits.tiers.anonymous.tokens_per_minute", limit_rule()),
    at<&s::limits, &limit::tiers, &tiers::free, &one::minute>("limits.tiers.free.minute", limit_rule()),
    at<&s::limits, &limit::tiers, &tiers::free, &one::hour>("limits.tiers.free.hour", limit_rule()),
    at<&s::limits, &limit::tiers, &tiers::free, &one::day>("limits.tiers.free.day", limit_rule()),
    at<&s::limits, &limit::tiers, &tiers::free, &one::tokens_per_minute>("limits.tiers.free.tokens_per_minute", limit_rule()),
    at<&s::limits, &limit::tiers, &tiers::standard, &one::minute>("limits.tiers.standard.minute", limit_rule()),
    at<&s::limits, &limit::tiers, &tiers::standard, &one::hour>("limits.tiers.standard.hour", limit_rule()),
    at<&s::limits, &limit::tiers, &tiers::standard, &one::day>("limits.tiers.standard.day", limit_rule()),
    at<&s::limits, &limit::tiers, &tiers::standard, &one::tokens_per_minute>("limits.tiers.standard.tokens_per_minute", limit_rule()),
    at<&s::limits, &limit::tiers, &tiers::premium, &one::minute>("limits.tiers.premium.minute", limit_rule()),
    at<&s::limits, &limit::tiers, &tiers::premium, &one::hour>("limits.tiers.premium.hour", limit_rule()),
    at<&s::limits, &limit::tiers, &tiers::premium, &one::day>("limits.tiers.premium.day", limit_rule()),
    at<&s::limits, &limit::tiers, &tiers::premium, &one::tokens_per_minute>("limits.tiers.premium.tokens_per_minute", limit_rule()),
    at<&s::limits, &limit::tiers, &tiers::enterprise, &one::minute>("limits.tiers.enterprise.minute", limit_rule()),
    at<&s::limits, &limit::tiers, &tiers::enterprise, &one::hour>("limits.tiers.enterprise.hour", limit_rule()),
    at<&s::limits, &limit::tiers, &tiers::enterprise, &one::day>("limits.tiers.enterprise.day", limit_rule()),
    at<&s::limits, &limit::tiers, &tiers::enterprise, &one::tokens_per_minute>("limits.tiers.enterprise.tokens_per_minute", limit_rule()),
    at<&s::limits, &limit::endpoints, &ends::llm>("limits.endpoints.llm", limit_rule()),
    at<&s::limits, &limit::endpoints, &ends::read>("limits.endpoints.read", limit_rule()),
    at<&s::features, &flags::resilience, &rollout::enabled>("features.resilience.enabled", flag()),
    at<&s::features, &flags::resilience, &rollout::percent>("features.resilience.percent", integer(0, 100)),
    at<&s::features, &flags::rate_limiting, &rollout::enabled>("features.rate_limiting.enabled", flag()),
    at<&s::features, &flags::rate_limiting, &rollout::percent>("features.rate_limiting.percent", integer(0, 100)),
    at<&s::features, &flags::caching, &rollout::enabled>("features.caching.enabled", flag()),
    at<&s::features, &flags::caching, &rollout::percent>("features.caching.percent", integer(0, 100)),
    at<&s::features, &flags::semantic_cache, &rollout::enabled>("features.semantic_cache.enabled", flag()),
    at<&s::features, &flags::semantic_cache, &rollout::percent>("features.semantic_cache.percent", integer(0, 100)),
    at<&s::features, &flags::stream_failover, &rollout::enabled>("features.stream_failover.enabled", flag()),
    at<&s::features, &flags::stream_failover, &rollout::percent>("features.stream_failover.percent", integer(0, 100)),
    at<&s::features, &flags::hedging, &rollout::enabled>("features.hedging.enabled", flag()),
    at<&s::features, &flags::hedging, &rollout::percent>("features.hedging.percent", integer(0, 100)),
  };
  // clang-format on
  return table;
}

const std::vector<row<dependency_settings>>& dependency_options() {
  using d = dependency_settings;
  using breaker = breaker_settings;
  using retry = retry_settings;
  using bulk = bulkhead_settings;
  using tools = mcp_server_settings;
  using process = mcp_process_settings;
  using oauth = oauth_settings;
  // clang-format off
  static const std::vector<row<dependency_settings>> table{
    at<&d::kind>("kind", choice(kind_names)),
    at<&d::url>("url", url_rule()),
    at<&d::user>("user", user_rule()),
    at<&d::api_key>("api_key", secret()),
    at<&d::models>("models", models_rule()),
    at<&d::ca_file>("ca_file", file_rule()),
    at<&d::timeout>("timeout", wait_rule()),
    at<&d::connect_timeout>("connect_timeout", wait_rule()),
    at<&d::idle_timeout>("idle_timeout", wait_rule()),
    at<&d::min_tokens_per_second>("min_tokens_per_second", real_between(0, 1'000'000)),
    at<&d::prompt_cache>("prompt_cache", flag()),
    at<&d::mcp, &tools::prefix>("prefix", choice(names_of<name_prefix>)),
    at<&d::mcp, &tools::tools, &tool_filter::allow>("allow", tools_rule()),
    at<&d::mcp, &tools::tools, &tool_filter::deny>("deny", tools_rule()),
    at<&d::mcp, &tools::max_result>("max_result", size("1KiB", "16MiB")),
    at<&d::mcp, &tools::on_large_result>("on_large_result", choice(names_of<large_result>)),
    at<&d::mcp, &tools::spec>("spec", file_rule()),
    at<&d::mcp, &tools::refresh>("refresh", duration("100ms", "24h")),
    at<&d::mcp, &tools::oauth, &oauth::grant>("oauth.grant", choice(names_of<oauth_grant>)),
    at<&d::mcp, &tools::oauth, &oauth::client_id>("oauth.client_id", client_id_rule()),
    at<&d::mcp, &tools::oauth, &oauth::client_secret>("oauth.client_secret", secret()),
    at<&d::mcp, &tools::oauth, &oauth::issuer>("oauth.issuer", web_url_rule()),
    at<&d::mcp, &tools::oauth, &oauth::scopes>("oauth.scopes", scopes_rule()),
    at<&d::mcp, &tools::process, &process::command>("command", program_rule()),
    at<&d::mcp, &tools::process, &process::args>("args", arguments_rule()),
    at<&d::mcp, &tools::process, &process::env>("env", variables()),
    at<&d::mcp, &tools::process, &process::inherit>("inherit", inherited_rule()),
    at<&d::mcp, &tools::process, &process::directory>("directory", directory_rule()),
    at<&d::mcp, &tools::process, &process::restarts>("restarts", integer(0, 1'000)),
    at<&d::mcp, &tools::process, &process::restarts_within>("restarts_within", wait_rule()),
    at<&d::breaker, &breaker::failures>("breaker.failures", integer(1, 1'000'000)),
    at<&d::breaker, &breaker::open_for>("breaker.open_for", wait_rule()),
    at<&d::breaker, &breaker::open_for_max>("breaker.open_for_max", wait_rule()),
    at<&d::breaker, &breaker::jitter>("breaker.jitter", flag()),
    at<&d::breaker, &breaker::half_open_probes>("breaker.half_open_probes", integer(1, 1'000)),
    at<&d::breaker, &breaker::failure_rate>("breaker.failure_rate", real_above(0, 1)),
    at<&d::breaker, &breaker::slow_call>("breaker.slow_call", wait_rule()),
    at<&d::breaker, &breaker::slow_first_token>("breaker.slow_first_token", wait_rule()),
    at<&d::breaker, &breaker::slow_tokens_per_second>("breaker.slow_tokens_per_second", real_above(0, 1'000'000)),
    at<&d::breaker, &breaker::window>("breaker.window", integer(1, 100'000)),
    at<&d::breaker, &breaker::window_time>("breaker.window_time", duration("100ms", "24h")),
    at<&d::breaker, &breaker::min_calls>("breaker.min_calls", integer(1, 100'000)),
    at<&d::breaker, &breaker::probe_lease>("breaker.probe_lease", wait_rule()),
    at<&d::breaker, &breaker::ramp_up>("breaker.ramp_up", duration("0ms", "24h")),
    at<&d::breaker, &breaker::per_model>("breaker.per_model", flag()),
    at<&d::breaker, &breaker::mode>("breaker.mode", choice(names_of<breaker_mode>)),
    at<&d::retry, &retry::attempts>("retry.attempts", integer(1, 100)),
    at<&d::retry, &retry::base>("retry.base", wait_rule()),
    at<&d::retry, &retry::cap>("retry.cap", wait_rule()),
    at<&d::retry, &retry::jitter>("retry.jitter", choice(names_of<jitter_kind>)),
    at<&d::retry, &retry::budget>("retry.budget", real_between(0, 1)),
    at<&d::bulkhead, &bulk::concurrency>("bulkhead.concurrency", integer(1, 100'000)),
    at<&d::bulkhead, &bulk::queue>("bulkhead.queue", integer(0, 1'000'000)),
    at<&d::bulkhead, &bulk::queue_timeout>("bulkhead.queue_timeout", duration("0ms", "24h")),
    at<&d::bulkhead, &bulk::adaptive>("bulkhead.adaptive", flag()),
  };
  // clang-format on
  return table;
}

const std::vector<row<model_settings>>& model_options() {
  static const std::vector<row<model_settings>> table{
    at<&model_settings::chain>("chain", chain_rule()),
    at<&model_settings::hedge>("hedge_after", hedge_rule_of_a_model()),
    at<&model_settings::stream_failover>("stream_failover", flag()),
  };
  return table;
}

const std::vector<row<api_key_settings>>& api_key_options() {
  using key = api_key_settings;
  static const std::vector<row<api_key_settings>> table{
    at<&key::sha256>("sha256", digest_rule()),
    at<&key::user>("user", user_rule()),
    at<&key::level>("tier", choice(names_of<tier>)),
    at<&key::tokens_per_minute>("tokens_per_minute", limit_rule()),
    at<&key::budget_usd_per_day>("budget_usd_per_day",
                                 real_above(0, 1'000'000)),
  };
  return table;
}

const std::vector<row<tool_limit_settings>>& tool_limit_options() {
  using one = tool_limit_settings;
  static const std::vector<row<tool_limit_settings>> table{
    at<&one::minute>("minute", limit_rule()),
    at<&one::anonymous>("anonymous", limit_rule()),
    at<&one::free>("free", limit_rule()),
    at<&one::standard>("standard", limit_rule()),
    at<&one::premium>("premium", limit_rule()),
    at<&one::enterprise>("enterprise", limit_rule()),
  };
  return table;
}

const std::vector<row<price_settings>>& price_options() {
  using price = price_settings;
  // clang-format off
  static const std::vector<row<price_settings>> table{
    at<&price::price, &token_price::input>("input", price_rule()),
    at<&price::price, &token_price::cached_input>("cached_input", price_rule()),
    at<&price::price, &token_price::output>("output", price_rule()),
  };
  // clang-format on
  return table;
}

} // namespace caisson::config
