#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <boost/asio/io_context.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/asio/steady_timer.hpp>
#include <caf/actor_system.hpp>
#include <caf/actor_system_config.hpp>

#include "actors/cache/ear.hpp"
#include "actors/house.hpp"
#include "actors/tree.hpp"
#include "server/config/load.hpp"
#include "server/gateway/feature_control.hpp"
#include "server/gateway/gateway.hpp"
#include "server/gateway/limit_control.hpp"
#include "server/gateway/revoked_keys.hpp"
#include "server/http/door.hpp"
#include "server/http/listener.hpp"
#include "server/io/io_thread.hpp"
#include "server/log.hpp"
#include "server/mcp/pipe_client.hpp"
#include "server/mcp/service.hpp"
#include "server/node_cluster.hpp"
#include "server/providers/port_factory.hpp"
#include "server/telemetry/routes.hpp"

namespace caisson {

/// The composition root: makes the parts of a node, starts them in order, runs
/// its life and takes them down in reverse.
///
///   starting ──► serving ──── SIGTERM, /admin/drain ──► draining ──► stopped
///      │            └── the root supervisor gave up ───────────────────┘
///      │            └── a pipe has ended: draining
///      └── an address cannot be opened: ended, exit status 1
///
/// Whoever called `run` is the control thread: signals, reloads, the drain.
class node {
public:
  /// Whom a node serves.
  enum class face : std::uint8_t {
    http, ///< whoever comes to its addresses
    pipe, ///< the process that has started it, by MCP, on stdin and stdout
  };

  /// `from` is where the settings came from, to read them again on a reload.
  node(settings with, config::sources from, face towards = face::http);
  ~node();

  /// Runs the node to its end; the exit status of the process: 0 after a
  /// drain (the end of a pipe is one), 1 when it could not start, 70 when the
  /// root supervisor gave up. `when_serving` is called once requests are
  /// accepted.
  int run(std::function<void(tree&)> when_serving = nullptr);

private:
  static constexpr int exit_gave_up = 70; // EX_SOFTWARE

  // Starting: node.cpp.
  bool open_doors();
  bool open_listeners();
  void say_where_reached(const settings& with);
  bool open(listener& one, std::string_view key, const std::string& bind,
            std::uint16_t port);
  void open_pipe();
  void await_actors();
  bool at_home() const;
  void serve();
  void wait_for_signals();

  // Shown and told: node_controls.cpp.
  void say_ready();
  bool clustered() const noexcept;
  void join_cluster();
  void fill_controls();
  std::string report(report_kind of);
  void pass_on(const order& what);
  void obey(const cluster_order& what);

  // Running: node_life.cpp.
  void next_signal();
  void on_signal(int which);
  reload_outcome reload();
  void apply(const settings& wanted);
  void listen();

  // Ending: there too.
  void drain();
  bool has_left(time_point now);
  void check_drained();
  void say_goodbye();
  void stop(int status);

  settings settings_;
  config::sources sources_;
  face face_;
  time_point started_;
  int status_ = 0;
  bool signalled_ = false;
  bool draining_ = false;
  bool stopping_ = false;
  time_point drain_by_{};
  std::optional<time_point> calls_over_; ///< of a node that drains
  bool parted_ = false;                  ///< it has said farewell
  std::atomic<bool> not_ready_{false};
  std::atomic<std::int64_t> request_timeout_ms_{0};

  log_journal log_;
  metrics::registry metrics_;
  census census_;
  boost::asio::io_context control_{1};
  boost::asio::signal_set signals_;
  boost::asio::steady_timer timer_;
  caf::actor_system_config actor_config_;
  std::unique_ptr<caf::actor_system> system_;
  std::shared_ptr<house> house_;
  std::vector<std::unique_ptr<io_thread>> threads_;
  std::unique_ptr<oauth::authorizers> tokens_;
  std::unique_ptr<port_factory> ports_;
  std::shared_ptr<limit_control> limits_;
  std::shared_ptr<feature_control> features_;
  std::unique_ptr<revoked_keys> revoked_;
  std::unique_ptr<node_cluster> cluster_; ///< null: it belongs to none
  std::unique_ptr<tree> tree_;
  std::vector<std::unique_ptr<limit_desk>> desks_;
  std::shared_ptr<cache_ear> ear_;
  std::shared_ptr<announcements> heard_at_; ///< the store of the cache
  std::optional<dependency_settings> heard_by_;
  std::vector<std::unique_ptr<gateway>> gateways_;
  std::unique_ptr<mcp_service> mcp_;
  node_controls controls_;
  std::function<void(tree&)> when_serving_;
  std::shared_ptr<door> front_door_;
  std::shared_ptr<door> telemetry_door_;
  std::shared_ptr<listener> front_;
  std::shared_ptr<listener> telemetry_; ///< null: nobody may look
  std::shared_ptr<pipe_client> pipe_;   ///< of a node with that face
};

} // namespace caisson
