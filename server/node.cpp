#include "server/node.hpp"

#include <csignal>
#include <cstdio>
#include <random>
#include <thread>

#include <boost/asio/post.hpp>
#include <sys/resource.h>
#include <unistd.h>

#include "actors/dependency/compartment.hpp"
#include "actors/telemetry/families.hpp"
#include "protocol/mcp/session_secrets.hpp"
#include "server/config/storage.hpp"
#include "server/http/door_settings.hpp"
#include "server/oauth/routes.hpp"
#include "server/telemetry/collectors.hpp"

namespace caisson {
namespace {

using namespace std::chrono_literals;
namespace asio = boost::asio;

constexpr int exit_cannot_start = 1;
constexpr auto look_again_after = 5ms;
constexpr auto servers_answer_within = 5s;

std::uint32_t thread_count(const settings& with) {
  if (with.node.io_threads > 0)
    return with.node.io_threads;
  return std::max(1u, std::thread::hardware_concurrency());
}

/// Each connection may need two descriptors: the client's and the upstream's.
void raise_file_limit(std::uint32_t connections, journal& log) {
  rlimit files{};
  ::getrlimit(RLIMIT_NOFILE, &files);
  files.rlim_cur = files.rlim_max;
  ::setrlimit(RLIMIT_NOFILE, &files);
  if (files.rlim_cur / 2 < connections)
    log.note(severity::warning, "node",
             "http.max_connections is " + std::to_string(connections)
               + ", but the process may open only "
               + std::to_string(files.rlim_cur) + " files");
}

caf::actor_system_config& configure(caf::actor_system_config& config,
                                    bool clustered) {
  if (clustered)
    node_cluster::prepare(config);
  // The default policy sleeps between polls: 130 us wake-ups (adr/0001).
  config.set("scheduler.policy", caf::atom("sharing"));
  config.set("scheduler.max-threads", std::size_t{2});
  return config;
}

} // namespace

node::node(settings with, config::sources from, face towards)
  : settings_(std::move(with)), sources_(std::move(from)), face_(towards),
    started_(io_thread::now()),
    request_timeout_ms_(settings_.http.request_timeout.count()),
    log_(settings_.log), signals_(control_), timer_(control_),
    system_(std::make_unique<caf::actor_system>(
      configure(actor_config_, clustered()))),
    house_(std::make_shared<house>(
      house{system_.get(), &metrics_, &census_, &log_})) {
  for (std::uint32_t i = 0; i < thread_count(settings_); ++i)
    threads_.push_back(std::make_unique<io_thread>(*system_, i));
  for (auto& x : threads_)
    x->bound_waits(settings_.http.max_queue_delay);
  // Two processes that write to one folder would lose things to each other.
  auto folder = face_ == face::http ? settings_.node.data_dir : std::string{};
  tokens_ = std::make_unique<oauth::authorizers>(
    oauth::grant_files{
      folder,
      protocol::mcp::read_session_secrets(settings_.mcp.session_secrets)
        .value_or(std::vector<protocol::mcp::sealing_secret>{}),
      log_},
    log_);
  ports_ = std::make_unique<port_factory>(threads_, log_, metrics_, *tokens_);
  limits_ = std::make_shared<limit_control>(settings_);
  features_ = std::make_shared<feature_control>(settings_.features);
  revoked_ = std::make_unique<revoked_keys>(folder, log_);
}

node::~node() {
  if (pipe_)
    pipe_->stop();
  if (cluster_)
    cluster_->stop();
  for (auto& x : threads_)
    x->stop();
}

// -- starting -----------------------------------------------------------------

int node::run(std::function<void(tree&)> when_serving) {
  when_serving_ = std::move(when_serving);
  std::signal(SIGPIPE, SIG_IGN);
  raise_file_limit(settings_.http.max_connections, log_);
  tree::plan plan;
  plan.home = house_;
  for (auto& x : threads_)
    plan.threads.push_back({&x->unit()});
  plan.make_port = [this](const dependency_settings& x, std::size_t thread) {
    return ports_->make(x, thread);
  };
  plan.limits = settings_.limits;
  join_cluster();
  if (cluster_)
    plan.cluster = cluster_->plan();
  plan.seed = std::random_device{}();
  plan.cache = settings_.cache;
  plan.ended = [this](bool abnormal) {
    asio::post(control_, [this, abnormal] {
      if (abnormal)
        stop(exit_gave_up);
    });
  };
  for (auto& x : threads_)
    x->start();
  tree_ = std::make_unique<tree>(
    std::move(plan), config::every_dependency(settings_), settings_.models);
  for (auto& x : threads_) {
    desks_.push_back(std::make_unique<limit_desk>(
      *x, *tree_, limit_desk::surroundings{*limits_, *features_, *revoked_},
      metrics_));
    gateways_.push_back(std::make_unique<gateway>(*x, *tree_, *desks_.back(),
                                                  request_timeout_ms_));
  }
  mcp_ = std::make_unique<mcp_service>(
    settings_, threads_,
    mcp_service::node_facts{
      tree_.get(), started_, [this] { return not_ready_.load(); },
      &request_timeout_ms_, &desks_, revoked_.get(),
      [this](auto& settings, auto news) {
        return ports_->watch(settings, 0, std::move(news));
      },
      [this](const order& what) { pass_on(what); }},
    metrics_);
  ear_ = std::make_shared<cache_ear>(tree_->caches(), metrics_);
  listen();
  if (open_doors()) {
    wait_for_signals();
    await_actors();
  } else {
    stop(exit_cannot_start);
  }
  control_.run();
  return status_;
}

bool node::open_doors() {
  fill_controls();
  auto api = api_routes(*tree_, gateways_);
  add_health_routes(api, controls_);
  mcp_->add_routes(api);
  add_oauth_callback(api, *tokens_);
  front_door_ = std::make_shared<door>("http", std::move(api),
                                       limits_of(settings_.http), metrics_);
  for (auto& x : desks_)
    front_door_->keepers.push_back(x.get());
  telemetry_door_ = std::make_shared<door>(
    "telemetry", telemetry_routes(controls_), door_limits{}, metrics_);
  collect_values(house_, house_, *tree_, *front_door_, limits_, features_);
  // From the start at 0: a rate cannot see the first step of a new series.
  for (auto result : {"applied", "refused"})
    metrics_.counter(families::config_reloads, {result});
  return open_listeners();
}

bool node::open_listeners() {
  std::vector<io_thread*> all;
  for (auto& x : threads_)
    all.push_back(x.get());
  front_ = std::make_shared<listener>(
    all, front_door_, metrics_.counter(families::http_shed, {}));
  auto looked_at = face_ == face::http || settings_.mcp.stdio_telemetry;
  if (looked_at)
    telemetry_ = std::make_shared<listener>(
      std::vector{all.front()}, telemetry_door_, metrics::counter{});
  if (face_ == face::http) {
    auto identity = read_identity(settings_.http);
    if (!identity) {
      std::fputs("caisson: http.tls_cert and http.tls_key have changed\n",
                 stderr);
      return false;
    }
    front_door_->set_identity(std::move(*identity));
    if (!open(*front_, "http.bind", settings_.http.bind, settings_.http.port))
      return false;
    say_where_reached(settings_);
  } else {
    open_pipe();
  }
  auto wrong = cluster_ ? cluster_->open() : std::string{};
  if (!wrong.empty()) {
    std::fprintf(stderr, "caisson: %s\n", wrong.c_str());
    return false;
  }
  return !looked_at
         || open(*telemetry_, "telemetry.bind", settings_.telemetry.bind,
                 settings_.telemetry.port);
}

/// What browsers are told that are to come back.
void node::say_where_reached(const settings& with) {
  auto& said = with.http.public_url;
  auto scheme = with.http.tls_cert.empty() ? "http://" : "https://";
  tokens_->reached_at(said.empty() ? scheme + front_->where() : said);
}

bool node::open(listener& one, std::string_view key, const std::string& bind,
                std::uint16_t port) {
  auto ec = one.open(bind, port);
  if (ec)
    std::fprintf(stderr, "caisson: %s: cannot listen on %s port %u: %s\n",
                 std::string{key}.c_str(), bind.c_str(), unsigned{port},
                 ec.message().c_str());
  return !ec;
}

void node::open_pipe() {
  pipe_client::plan plan;
  plan.from = STDIN_FILENO;
  plan.to = STDOUT_FILENO;
  plan.through = front_door_;
  plan.key = settings_.mcp.stdio_key;
  plan.level = settings_.mcp.stdio_tier;
  plan.tokens = settings_.limits.tiers.of(plan.level).tokens_per_minute;
  plan.ended = controls_.drain;
  pipe_ = mcp_->serve_pipe(*threads_.front(), std::move(plan));
}

/// Requests are accepted when every actor of their path is at home.
bool node::at_home() const {
  for (std::size_t i = 0; i < threads_.size(); ++i) {
    if (!tree_->front_end_of(i) || !tree_->limiter_at(i) || !tree_->agent_of(i)
        || !tree_->caches()->shard(i))
      return false;
    for (auto& x : tree_->dependencies())
      if (!x->worker(i))
        return false;
  }
  return true;
}

/// Whoever starts a node to ask it what tools there are asks once, and at once:
/// servers are given a moment to say what is theirs.
void node::await_actors() {
  auto known = face_ == face::http || mcp_->asked_all()
               || io_thread::now() - started_ >= servers_answer_within;
  if ((at_home() && known) || stopping_) {
    serve();
    return;
  }
  timer_.expires_after(look_again_after);
  timer_.async_wait([this](boost::system::error_code ec) {
    if (!ec)
      await_actors();
  });
}

void node::serve() {
  if (stopping_)
    return;
  if (telemetry_)
    telemetry_->start();
  if (face_ == face::http) {
    front_->start();
    if (cluster_)
      cluster_->start();
    say_ready();
    log_.note(severity::info, "node", "node serves " + front_->where());
  } else {
    log_.note(severity::info, "node",
              "node serves the process that has started it"
                + (telemetry_ ? ", telemetry at " + telemetry_->where() : ""));
    pipe_->start();
  }
  if (when_serving_)
    when_serving_(*tree_);
}

} // namespace caisson
