#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "actors/mcp/settings.hpp"

namespace caisson {

// What a person can say of a protected dependency. Plain fields with their
// defaults (SPEC section 4); server/config reads them from TOML.

using millis = std::chrono::milliseconds;

/// How a breaker takes part. `auto` is the machine's own judgement, the others
/// are the operator's hand.
enum class breaker_mode : std::uint8_t {
  automatic,    ///< "auto"
  forced_open,  ///< refuse everything
  disabled,     ///< pass everything, count nothing
  metrics_only, ///< pass everything, count and report as if it judged
};

std::string_view name_of(breaker_mode mode) noexcept;
std::optional<breaker_mode> breaker_mode_of(std::string_view name) noexcept;

struct breaker_settings {
  /// Consecutive failures that open it; 1 or more.
  std::uint32_t failures = 5;
  /// How long it refuses before it probes, at least.
  millis open_for{60'000};
  /// The wait doubles with each failed probe after the first, up to this.
  millis open_for_max{300'000};
  /// Up to a tenth is added to the waits after a failed probe at random, so
  /// that many nodes do not probe as one.
  bool jitter = true;
  /// Probes in flight at a time while half-open.
  std::uint32_t half_open_probes = 1;
  /// A probe that says nothing for this long has lost its place to the next;
  /// longer than any attempt takes.
  millis probe_lease{120'000};
  /// Opens when more than this share of the outcomes in the window failed;
  /// 0 < rate <= 1, unset: off.
  std::optional<double> failure_rate;
  /// Opens when more than `failure_rate` (or half, where that is unset) of the
  /// calls in the window were slow: took longer than `slow_call`, were longer
  /// silent than `slow_first_token`, or streamed fewer tokens a second than
  /// `slow_tokens_per_second`; each off where unset.
  std::optional<millis> slow_call;
  std::optional<millis> slow_first_token;
  std::optional<double> slow_tokens_per_second;
  /// Outcomes that the rates look at; no verdict before it is full.
  std::uint32_t window = 100;
  /// Where set, the rates look at the outcomes of this long instead, and give
  /// no verdict on fewer than `min_calls`.
  std::optional<millis> window_time;
  std::uint32_t min_calls = 20;
  /// After it has closed, the bulkhead opens from a quarter to all of its
  /// places in this long; 0: at once.
  millis ramp_up{5'000};
  /// Each model of the dependency has a breaker of its own.
  bool per_model = false;
  breaker_mode mode = breaker_mode::automatic;
};

enum class jitter_kind : std::uint8_t { full, decorrelated, none };

std::string_view name_of(jitter_kind kind) noexcept;
std::optional<jitter_kind> jitter_kind_of(std::string_view name) noexcept;

struct retry_settings {
  /// Tries in all, the first included; 1 or more.
  std::uint32_t attempts = 3;
  millis base{1'000};
  millis cap{10'000};
  jitter_kind jitter = jitter_kind::full;
  /// Retries as a share of calls; never less than 3 a second are allowed.
  double budget = 0.2;
};

struct bulkhead_settings {
  /// Calls in flight at a time; 1 or more.
  std::uint32_t concurrency = 10;
  /// Calls waiting beyond those; 0 refuses at once.
  std::uint32_t queue = 100;
  /// The longest wait in the queue.
  millis queue_timeout{1'000};
  /// The limit follows measured latency, within 1 and `concurrency`.
  bool adaptive = false;
};

/// One protected dependency.
struct dependency_settings {
  std::string name;
  std::string kind;
  std::string url;
  /// Who the node is there, where a password alone does not say it; empty:
  /// whoever is asked when nobody is named.
  std::string user;
  /// The secret itself, already resolved; never printed.
  std::string api_key;
  std::vector<std::string> models;
  /// More authorities to trust for https, a PEM file; empty: the system's only.
  std::string ca_file;
  /// One attempt: to the whole reply, or to a stream's first token.
  millis timeout{60'000};
  millis connect_timeout{5'000};
  /// The longest silence inside a stream.
  millis idle_timeout{30'000};
  /// A stream that brings fewer over 10 s is given up; 0: none is.
  double min_tokens_per_second = 0;
  /// The provider is asked to keep what many requests begin with, so that it
  /// charges less for it.
  bool prompt_cache = false;
  /// Of an upstream MCP server only.
  mcp_server_settings mcp;
  /// Of a database only: bytes of it; 0: any number.
  std::uint64_t max_size = 0;
  breaker_settings breaker;
  retry_settings retry;
  bulkhead_settings bulkhead;
};

/// When a second target is started beside a first that has sent nothing yet.
struct hedge_rule {
  /// After this long; unset: after the 95th percentile of the first target's
  /// own recent times to a first byte.
  std::optional<millis> after;
};

/// Where a model name may go, in order.
struct model_settings {
  std::string name;
  /// "dependency/model" each; the model part may itself contain slashes.
  std::vector<std::string> chain;
  /// Unset: no call is hedged.
  std::optional<hedge_rule> hedge;
  /// A stream that dies in the middle goes on at the chain's next target.
  bool stream_failover = true;
};

} // namespace caisson
