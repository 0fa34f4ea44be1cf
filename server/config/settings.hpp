#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "actors/agent/settings.hpp"
#include "actors/cache/settings.hpp"
#include "actors/cluster/settings.hpp"
#include "actors/limits/settings.hpp"
#include "actors/policies/price.hpp"
#include "actors/policies/rollout.hpp"
#include "actors/settings.hpp"

namespace caisson {

// What a person can say of a whole node, with its defaults: this is the only
// place where they stand, `config/schema.cpp` names the keys.

/// The machine's name up to the first dot; "caisson" where it has none that
/// could stand in a log line.
std::string short_hostname();

struct node_settings {
  std::string name = short_hostname();
  /// Where the node keeps what is to outlive it; empty: nothing is.
  std::string data_dir;
  /// How long running requests may take after SIGTERM.
  millis drain_timeout{30'000};
  /// Threads that serve connections; 0: one per core.
  std::uint32_t io_threads = 0;
};

/// The front door. Sizes are bytes.
struct http_settings {
  std::string bind = "127.0.0.1";
  /// 0 picks a free one.
  std::uint16_t port = 8080;
  std::size_t max_body = 4u << 20;
  std::size_t max_header = 16u << 10;
  /// From the first byte of a request to the end of its header.
  millis header_timeout{10'000};
  /// From the end of the header to the end of the body.
  millis body_timeout{30'000};
  /// The longest silence of a connection between requests.
  millis idle_timeout{75'000};
  /// How long a client may take no bytes of its answer.
  millis write_timeout{30'000};
  std::uint32_t max_connections = 10'000;
  millis max_queue_delay{100};
  /// The deadline of a request that does not ask for a shorter one.
  millis request_timeout{120'000};
  /// Addresses and networks whose X-Forwarded-For is believed.
  std::vector<std::string> trusted_proxies;
  /// Names under which browsers and programs may ask for `/mcp`; empty: those
  /// of this machine itself.
  std::vector<std::string> allowed_hosts;
  /// Origins whose pages may; "*": all. Empty: pages of this machine.
  std::vector<std::string> allowed_origins;
  /// Where browsers reach the node; empty: at the address it listens at.
  std::string public_url;
  /// PEM files: a certificate with its chain, and the key that belongs to it.
  /// Both or neither; with them clients must speak TLS.
  std::string tls_cert;
  std::string tls_key;
};

/// Where results of tools are kept that are too large to be passed on.
struct spill_settings {
  std::uint32_t max_entries = 200;
  std::size_t max_bytes = 64u << 20;
  /// How long after it was kept a result can be read.
  millis ttl{std::chrono::minutes{10}};
};

/// The endpoint of MCP.
struct mcp_settings {
  /// Secrets of at least 32 characters, with blanks or commas between them,
  /// already resolved; never printed. The first seals the ids of sessions, all
  /// open them. Empty: a random one, and sessions end with the process.
  std::string session_secrets;
  /// How long after its beginning a session ends.
  millis session_ttl{std::chrono::hours{720}};
  /// Streams on which clients wait for notifications, all threads together.
  std::uint32_t max_streams = 10'000;
  /// The longest silence on a stream to a client.
  millis keep_alive{20'000};
  /// The node's own tool, prompts and resources are offered beside those of
  /// upstream servers.
  bool own_offers = true;
  /// Callers without a known key, who cannot be told apart, may look for
  /// conversations, and find each other's.
  bool anonymous_search = false;
  /// Tools that clients of each tier see and may call.
  tool_tiers tiers;
  spill_settings spill;
  /// The key that the client of `caisson mcp-stdio` is taken to have shown,
  /// already resolved; never printed. Empty: none.
  std::string stdio_key;
  /// What it counts as without one: it is whoever runs the node.
  tier stdio_tier = tier::enterprise;
  /// `caisson mcp-stdio` opens the telemetry address, too.
  bool stdio_telemetry = false;
};

enum class storage_kind : std::uint8_t { sqlite };

std::string_view name_of(storage_kind kind) noexcept;

/// Where conversations are kept.
struct storage_settings {
  storage_kind kind = storage_kind::sqlite;
  /// Empty: a file in `node.data_dir`, or in memory where that is empty too.
  std::string url;
  std::uint64_t max_size = 1u << 30;
};

struct telemetry_settings {
  std::string bind = "127.0.0.1";
  std::uint16_t port = 9464;
  /// The secret itself, already resolved; never printed. Empty: none.
  std::string admin_token;
};

enum class log_level : std::uint8_t { trace, debug, info, warn, error, off };
enum class log_format : std::uint8_t { json, text };

std::string_view name_of(log_level level) noexcept;
std::string_view name_of(log_format format) noexcept;

struct log_settings {
  log_level level = log_level::info;
  log_format format = log_format::json;
};

/// What becomes of a request whose key nobody knows.
enum class unknown_keys : std::uint8_t {
  anonymous, ///< it counts as one without a key
  refuse,    ///< 401
};

std::string_view name_of(unknown_keys what) noexcept;

/// One key of a client. The node has its digest only.
struct api_key_settings {
  std::string name;
  std::string sha256; ///< 64 hex digits, of the key as it is sent
  /// Whose key it is: keys of one user share their limits. Empty: `name`.
  std::string user;
  tier level = tier::free;
  /// LLM tokens in any minute; unset: as the tier has.
  std::optional<std::uint64_t> tokens_per_minute;
  /// Money in any 24 hours; unset: no limit.
  std::optional<double> budget_usd_per_day;
};

/// What a model of a dependency costs.
struct price_settings {
  std::string name; ///< "dependency/model"
  token_price price;
};

/// How far each feature is rolled out.
struct features_settings {
  rollout resilience;
  rollout rate_limiting;
  rollout caching;
  rollout semantic_cache;
  rollout stream_failover;
  rollout hedging;

  const rollout& of(feature which) const noexcept;
};

struct settings {
  node_settings node;
  http_settings http;
  mcp_settings mcp;
  storage_settings storage;
  agent_settings agent;
  telemetry_settings telemetry;
  cache_settings cache;
  cluster_settings cluster;
  log_settings log;
  limit_settings limits;
  unknown_keys strangers = unknown_keys::anonymous;
  features_settings features;
  std::vector<api_key_settings> api_keys;
  std::vector<price_settings> prices;
  /// In the order in which they were written: the first that lists a model
  /// serves it.
  std::vector<dependency_settings> dependencies;
  std::vector<model_settings> models;
};

} // namespace caisson
