// From serving to the end: signals, another configuration, the drain.
#include "server/node.hpp"

#include <algorithm>
#include <csignal>
#include <thread>
#include <utility>

#include <boost/asio/post.hpp>

#include "actors/telemetry/families.hpp"
#include "server/config/schema.hpp"
#include "server/config/storage.hpp"
#include "server/http/door_settings.hpp"

namespace caisson {
namespace {

using namespace std::chrono_literals;
namespace asio = boost::asio;

constexpr auto drain_look_every = 20ms;
// How long the answers to what did not end in time may take.
constexpr auto last_words = 500ms;
// What calls leave to be told to other nodes is on its way by then.
constexpr auto afterthoughts = 100ms;
// Nobody answers goodbyes that matter.
constexpr auto goodbyes_take = 100ms;
// After that the actors of a node that ends are not waited for any more.
constexpr auto actors_end_within = 5s;
// Processes are killed before that.
constexpr auto processes_end_within = 4s;

} // namespace

// -- running ------------------------------------------------------------------

void node::wait_for_signals() {
  for (auto which : {SIGTERM, SIGINT, SIGHUP})
    signals_.add(which);
  next_signal();
}

void node::next_signal() {
  signals_.async_wait([this](boost::system::error_code ec, int which) {
    if (ec)
      return;
    next_signal();
    on_signal(which);
  });
}

void node::on_signal(int which) {
  if (which == SIGHUP)
    reload();
  else if (std::exchange(signalled_, true))
    std::_Exit(128 + which); // a second time: at once
  else
    drain();
}

/// All of it takes effect or none of it does.
reload_outcome node::reload() {
  reload_outcome outcome;
  auto& wrong = outcome.problems;
  auto refuse = [&] {
    metrics_.counter(families::config_reloads, {"refused"}).add();
    for (auto& x : wrong)
      log_.note(severity::error, "config", "reload refused: " + x);
    return outcome;
  };
  auto loaded = config::load(sources_);
  if (auto* problems = std::get_if<config::problems>(&loaded)) {
    for (auto& x : *problems)
      wrong.push_back(config::to_string(x));
    outcome.code = config::code_of(*problems);
    return refuse();
  }
  auto& wanted = std::get<settings>(loaded);
  for (auto& key : config::needs_restart(settings_, wanted))
    wrong.push_back(key + " cannot change while the node runs");
  if (wanted.http.tls_cert.empty() != settings_.http.tls_cert.empty())
    wrong.emplace_back("TLS cannot be turned on or off while the node runs");
  auto identity = read_identity(wanted.http);
  if (!identity)
    wrong.emplace_back("http.tls_cert and http.tls_key are being changed");
  if (!wrong.empty())
    return refuse();
  front_door_->set_identity(std::move(*identity));
  apply(wanted);
  metrics_.counter(families::config_reloads, {"applied"}).add();
  log_.note(severity::info, "config", "configuration was reloaded");
  return {};
}

void node::apply(const settings& wanted) {
  log_.reconfigure(wanted.log);
  request_timeout_ms_ = wanted.http.request_timeout.count();
  front_door_->set_limits(limits_of(wanted.http));
  for (auto& x : threads_)
    x->bound_waits(wanted.http.max_queue_delay);
  controls_.admin_token
    = std::make_shared<const std::string>(wanted.telemetry.admin_token);
  tree_->apply(config::every_dependency(wanted), wanted.models, wanted.cache);
  tree_->set_limits(wanted.limits); // after: they may be kept in one of those
  limits_->apply(wanted);
  features_->apply(wanted.features);
  tokens_->keep_only(wanted.dependencies);
  mcp_->apply(wanted);
  if (face_ == face::http)
    say_where_reached(wanted);
  listen();
  settings_ = wanted;
}

/// Hears what other nodes say of the cache at the store they share, as long as
/// there is one, and anew only where it is another.
void node::listen() {
  auto store = tree_->caches()->store();
  if (!store) {
    heard_at_ = nullptr;
    heard_by_.reset();
    return;
  }
  auto same = [](const dependency_settings& a, const dependency_settings& b) {
    return a.name == b.name && a.url == b.url && a.user == b.user
           && a.api_key == b.api_key && a.ca_file == b.ca_file;
  };
  auto now = store->settings();
  if (heard_by_ && same(*heard_by_, *now))
    return;
  heard_by_ = *now;
  heard_at_ = ports_->listen(*now, 0, metrics_);
  if (heard_at_)
    heard_at_->hear(std::string{invalidation_channel}, ear_);
}

// -- ending -------------------------------------------------------------------

void node::drain() {
  if (draining_ || stopping_)
    return;
  draining_ = true;
  not_ready_ = true;
  front_door_->closing = true;
  if (face_ == face::http)
    front_->stop();
  drain_by_ = io_thread::now() + settings_.node.drain_timeout;
  log_.note(severity::info, "node", "node drains");
  check_drained();
}

/// A node that drains belongs to the cluster while it has calls: others may
/// wait for one of them, and what they cost is told to who keeps the limits.
bool node::has_left(time_point now) {
  if (!cluster_)
    return true;
  if (!calls_over_)
    calls_over_ = now;
  if (now < *calls_over_ + afterthoughts)
    return false;
  if (!std::exchange(parted_, true))
    cluster_->leave(*tree_);
  return cluster_->gone() || now >= *calls_over_ + last_words;
}

void node::check_drained() {
  auto now = io_thread::now();
  auto idle = front_door_->active == 0 && (!pipe_ || pipe_->silent());
  auto left = (idle || now >= drain_by_) && has_left(now);
  if ((idle && left && front_door_->shut()) || now >= drain_by_ + last_words) {
    stop(0);
    return;
  }
  if (now >= drain_by_)
    front_door_->ending = true;
  timer_.expires_after(drain_look_every);
  timer_.async_wait([this](boost::system::error_code ec) {
    if (!ec)
      check_drained();
  });
}

/// Servers of MCP are being told that sessions end.
void node::say_goodbye() {
  auto any
    = std::any_of(settings_.dependencies.begin(), settings_.dependencies.end(),
                  [](auto& x) { return x.kind == "mcp_http"; });
  if (!any) {
    control_.stop();
    return;
  }
  timer_.expires_after(goodbyes_take);
  timer_.async_wait([this](boost::system::error_code ec) {
    if (!ec)
      control_.stop();
  });
}

void node::stop(int status) {
  if (std::exchange(stopping_, true))
    return;
  status_ = status;
  if (front_door_)
    front_door_->shut();
  if (status == exit_gave_up)
    log_.note(severity::error, "node", "the root supervisor gave up");
  mcp_->stop();
  tree_->stop();
  // The actors end on their threads; this one must stay free for signals.
  std::thread{[this] {
    system_->await_all_actors_done();
    ports_->end_processes(processes_end_within);
    asio::post(control_, [this] { say_goodbye(); });
  }}.detach();
  timer_.expires_after(actors_end_within);
  timer_.async_wait([this](boost::system::error_code ec) {
    if (!ec)
      std::_Exit(status_);
  });
}

} // namespace caisson
