#pragma once

#include <atomic>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "actors/settings.hpp"
#include "actors/telemetry/metrics.hpp"
#include "protocol/http/strict.hpp"
#include "server/http/gatekeeper.hpp"
#include "server/http/routes.hpp"
#include "server/http/tls_channel.hpp"

namespace caisson {

/// What a listener puts up with. Times are from SPEC section 2 `[http]`.
struct door_limits {
  http::head_limits head;
  millis header_timeout{10'000};
  millis body_timeout{30'000};
  millis idle_timeout{75'000};
  millis write_timeout{30'000};
  std::uint32_t max_connections = 10'000;
};

/// What the sessions of one listener share.
class door {
public:
  door(std::string name, route_table routes, door_limits limits,
       metrics::registry& metrics);

  const std::string& name() const noexcept { return name_; }
  const route_table& routes() const noexcept { return routes_; }

  /// The limits that hold now; a session looks at each request.
  std::shared_ptr<const door_limits> limits() const { return limits_.load(); }
  void set_limits(door_limits limits);

  /// Who the node is to the clients of this listener; null: it speaks in the
  /// clear. Looked at for each new connection.
  std::shared_ptr<const tls_identity> identity() const {
    return identity_.load();
  }
  void set_identity(std::shared_ptr<const tls_identity> identity);

  /// One for each I/O thread, where the routes of this listener are limited.
  /// Set before it opens.
  std::vector<gatekeeper*> keepers;

  /// True from the start of a drain: answers close their connections.
  std::atomic<bool> closing{false};
  /// The drain's time is up: what still waits is answered 503 within 100 ms.
  std::atomic<bool> ending{false};
  std::atomic<std::uint32_t> connections{0};
  /// Requests between their head and the end of their answer.
  std::atomic<std::uint32_t> active{0};

  /// Takes a request in, unless nobody is left who could answer it: then its
  /// connection is to be closed without a word, which says that it was not
  /// begun and may be sent to somebody else.
  bool enter() noexcept {
    ++active;
    if (!shut_)
      return true;
    --active;
    return false;
  }

  /// No request gets in from now on. Whether none is inside: who entered
  /// before is seen here, who is not seen here does not get in.
  bool shut() noexcept {
    shut_ = true;
    return active == 0;
  }

  /// Counts one answer.
  void count(const route* where, http::verb method, unsigned status,
             std::chrono::nanoseconds took);

  /// Counts a connection that came to nothing before its first request.
  void count_failure(handshake_failure why);

  /// Counts one error told to a client.
  void count_error(errc code);

private:
  struct route_stats {
    metrics::histogram took;
    std::map<unsigned, metrics::counter> by_status;
  };

  route_stats& stats_of(const route* where, http::verb method);
  metrics::counter failures_of(handshake_failure why);

  std::string name_;
  route_table routes_;
  std::atomic<bool> shut_{false};
  std::atomic<std::shared_ptr<const door_limits>> limits_;
  std::atomic<std::shared_ptr<const tls_identity>> identity_;
  metrics::registry& metrics_;
  std::mutex lock_;
  std::map<std::pair<const route*, http::verb>, route_stats> stats_;
};

} // namespace caisson
