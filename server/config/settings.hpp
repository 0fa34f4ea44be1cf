#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "actors/cache/settings.hpp"
#include "actors/settings.hpp"

namespace caisson {

// What a person can say of a whole node, with its defaults: this is the only
// place where they stand, `config/schema.cpp` names the keys.

/// The machine's name up to the first dot; "caisson" where it has none that
/// could stand in a log line.
std::string short_hostname();

struct node_settings {
  std::string name = short_hostname();
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

struct settings {
  node_settings node;
  http_settings http;
  telemetry_settings telemetry;
  cache_settings cache;
  log_settings log;
  /// In the order in which they were written: the first that lists a model
  /// serves it.
  std::vector<dependency_settings> dependencies;
  std::vector<model_settings> models;
};

} // namespace caisson
