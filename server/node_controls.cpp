// What the node shows of itself and may be told.
#include "server/node.hpp"

#include <boost/asio/post.hpp>

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
    settings_, house_, [this](report_kind of) { return report(of); });
  house_->board = cluster_->news();
}

std::string node::report(report_kind of) {
  if (of == report_kind::metrics)
    return exposition(metrics_);
  return telemetry_body(settings_.node.name, started_, io_thread::now(),
                        census_, *tree_, limits_->mode(),
                        ports_->operations_left_out());
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
  controls_.drain = [this] { asio::post(control_, [this] { drain(); }); };
  controls_.draining = [this] { return not_ready_.load(); };
}

} // namespace caisson
