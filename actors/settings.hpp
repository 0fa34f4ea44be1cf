#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

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
  /// How long it refuses before it probes.
  millis open_for{60'000};
  /// Probes in flight at a time while half-open.
  std::uint32_t half_open_probes = 1;
  /// Opens when more than this share of the last `window` outcomes failed;
  /// 0 < rate <= 1, unset: off.
  std::optional<double> failure_rate;
  /// Opens when more than `failure_rate` (or half, where that is unset) of the
  /// last `window` calls took longer than this; unset: off.
  std::optional<millis> slow_call;
  /// Outcomes that the two rates look at; no verdict before it is full.
  std::uint32_t window = 100;
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
};

/// One protected dependency.
struct dependency_settings {
  std::string name;
  std::string kind;
  std::string url;
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
  breaker_settings breaker;
  retry_settings retry;
  bulkhead_settings bulkhead;
};

/// Where a model name may go, in order.
struct model_settings {
  std::string name;
  /// "dependency/model" each; the model part may itself contain slashes.
  std::vector<std::string> chain;
};

} // namespace caisson
