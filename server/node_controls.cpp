// What the node shows of itself and may be told.
#include "server/node.hpp"

#include <cstdio>

#include <boost/asio/post.hpp>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>
#include <unistd.h>

#include "actors/hex.hpp"
#include "server/telemetry/exposition.hpp"
#include "server/telemetry/tree_view.hpp"

namespace caisson {

namespace asio = boost::asio;

/// A process that serves the one that has started it is no node of a cluster:
/// it may well have the configuration, and so the name, of one that is.
bool node::clustered() const noexcept {
  return settings_.cluster.enabled && face_ == face::http;
}

void node::join_cluster() {
  if (!clustered())
    return;
  cluster_ = std::make_unique<node_cluster>(
    settings_, house_,
    node_cluster::services{[this](report_kind of) { return report(of); },
                           [this](const cluster_order& x) { obey(x); },
                           [this] { ear_->gap(); }});
  house_->board = cluster_->news();
  auto gone = revoked_->all();
  for (auto& [key, when] : *gone) {
    order known{order_kind::key, {}, std::string{key_revoked}};
    append_hex_of(known.subject, key);
    cluster_->stands(known, when);
  }
}

void node::pass_on(const order& what) {
  if (cluster_)
    cluster_->pass_on(what);
}

/// What another node was told: modes, ends, what does not hold any more. What
/// this node does not know it passes over: configurations may differ.
void node::obey(const cluster_order& x) {
  auto said = [&](const std::string& what) {
    log_.note(severity::info, "cluster",
              what + ", as node " + x.giver + " was told");
  };
  switch (static_cast<order_kind>(x.kind)) {
    case order_kind::forget:
      ear_->announced({}, x.subject);
      break;
    case order_kind::breaker:
      if (auto mode = breaker_mode_of(x.word))
        for (auto& one : tree_->dependencies())
          if (one->name() == x.subject) {
            one->set_mode(*mode);
            said("the breaker of " + one->name() + " is " + x.word);
          }
      break;
    case order_kind::limits:
      if (auto mode = limit_mode_of(x.word)) {
        limits_->set_mode(*mode);
        said("limits are " + x.word);
      }
      break;
    case order_kind::session_end:
      mcp_->end_session(x.subject, std::chrono::milliseconds{x.until});
      break;
    case order_kind::subscription:
      mcp_->subscribe(x.subject, x.word == "on",
                      std::chrono::milliseconds{x.until});
      break;
    case order_kind::log_level:
      mcp_->set_level(x.subject, x.word, std::chrono::milliseconds{x.until});
      break;
    case order_kind::feature:
      if (auto which = feature_of(x.subject))
        if (auto how = rollout_of(x.word)) {
          features_->set(*which, *how);
          said("feature " + x.subject + " is " + x.word);
        }
      break;
    case order_kind::key:
      if (auto key = key_digest_in(x.subject)) {
        revoked_->set(*key, x.word == key_revoked, x.stamp);
        said("a key is " + x.word);
      }
      break;
  }
}

void node::say_ready() {
  boost::json::object ready;
  ready["event"] = "ready";
  ready["node"] = settings_.node.name;
  ready["http"] = front_->where();
  ready["telemetry"] = telemetry_->where();
  if (cluster_)
    ready["cluster"] = cluster_->where();
  ready["pid"] = ::getpid();
  std::printf("%s\n", boost::json::serialize(ready).c_str());
  std::fflush(stdout);
}

std::string node::report(report_kind of) {
  if (of == report_kind::metrics)
    return exposition(metrics_);
  return telemetry_body({settings_.node.name, started_, census_, *tree_,
                         *limits_, *features_, *revoked_,
                         ports_->operations_left_out(), tokens_->shown()},
                        io_thread::now());
}

void node::fill_controls() {
  controls_.admin_token
    = std::make_shared<const std::string>(settings_.telemetry.admin_token);
  controls_.actors = tree_.get();
  controls_.metrics = [this] { return report(report_kind::metrics); };
  controls_.telemetry = [this] { return report(report_kind::telemetry); };
  if (cluster_) {
    controls_.cluster_telemetry
      = [this](auto then) { cluster_->look(*tree_, std::move(then)); };
    controls_.cluster_metrics
      = [this](auto then) { cluster_->measure(*tree_, std::move(then)); };
  }
  controls_.reload = [this](auto tell) {
    asio::post(control_, [this, tell] { tell(reload()); });
  };
  controls_.limits = limits_;
  controls_.features = features_;
  controls_.revoked = revoked_.get();
  controls_.tokens = tokens_.get();
  controls_.pass_on = [this](const order& what) { pass_on(what); };
  controls_.drain = [this] { asio::post(control_, [this] { drain(); }); };
  controls_.draining = [this] { return not_ready_.load(); };
}

} // namespace caisson
