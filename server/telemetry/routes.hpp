#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "actors/errors.hpp"
#include "actors/tree.hpp"
#include "server/gateway/feature_control.hpp"
#include "server/gateway/limit_control.hpp"
#include "server/gateway/revoked_keys.hpp"
#include "server/http/routes.hpp"
#include "server/oauth/authorizers.hpp"

namespace caisson {

class session;

/// How a reload went: without problems it took effect.
struct reload_outcome {
  std::vector<std::string> problems = {};
  errc code = errc::config_invalid; ///< of all of them
};

/// What the telemetry listener can ask of the node.
struct node_controls {
  /// Empty: nobody needs to show a token. May change while running.
  std::atomic<std::shared_ptr<const std::string>> admin_token;
  std::function<std::string()> metrics;
  std::function<std::string()> telemetry;
  /// The same of the whole cluster, told on any thread; null: there is none.
  std::function<void(std::function<void(std::string)>)> cluster_metrics;
  std::function<void(std::function<void(std::string)>)> cluster_telemetry;
  /// Loads the configuration again, on another thread, and tells there what is
  /// wrong with it, if anything.
  std::function<void(std::function<void(reload_outcome)>)> reload;
  std::function<void()> drain;
  std::function<bool()> draining;
  const tree* actors = nullptr;
  std::shared_ptr<limit_control> limits;
  std::shared_ptr<feature_control> features;
  revoked_keys* revoked = nullptr;
  const oauth::authorizers* tokens = nullptr;
  /// Tells the other nodes of the cluster, if there is one, what this node was
  /// told and has done.
  std::function<void(const order&)> pass_on;
};

/// `/health/live`, `/health/ready`, `/health/startup`, for both listeners.
void add_health_routes(route_table& to, const node_controls& node);

/// `/metrics`, `/telemetry`, `/admin/...` and the probes.
route_table telemetry_routes(const node_controls& node);

} // namespace caisson
