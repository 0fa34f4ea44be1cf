#include "server/node_cluster.hpp"

#include <caf/send.hpp>

#include "actors/telemetry/families.hpp"
#include "server/io/io_thread.hpp"
#include "server/telemetry/cluster_view.hpp"
#include "server/wall_clock.hpp"

namespace caisson {
namespace {

/// This node counts as alive.
void emit_members(const metrics::sink& out, const roster_view& all) {
  double count[member_state_count] = {1};
  for (auto& [name, it] : all.others)
    ++count[static_cast<std::size_t>(it.state)];
  for (std::size_t i = 0; i < member_state_count; ++i)
    out({&families::cluster_members,
         {std::string{name_of(static_cast<member_state>(i))}},
         count[i],
         {},
         0});
}

} // namespace

void node_cluster::prepare(caf::actor_system_config& config) {
  peering::load_distribution(config);
  register_cluster_types(config);
}

node_cluster::node_cluster(const settings& of,
                           std::shared_ptr<const house> home, services of_node)
  : report_(std::move(of_node.report)) {
  peering::link::plan plan;
  plan.system = home->system;
  plan.name = of.node.name;
  plan.settings = of.cluster;
  plan.log = home->log;
  plan.metrics = home->metrics;
  plan.report = report_;
  link_ = std::make_shared<peering::link>(std::move(plan));
  auto memory = std::make_shared<cluster_memory>(
    membership{of.node.name, wall_clock_ms(), of.cluster.dead_after,
               of.cluster.nodes},
    wall_clock_ms);
  plan_ = {home,
           of.cluster,
           link_,
           memory,
           wall_clock_ms,
           nullptr,
           std::move(of_node.obey),
           std::move(of_node.forget_all)};
  home->metrics->collect(memory, [memory](const metrics::sink& out) {
    emit_members(out, *memory->shown.now());
  });
}

node_cluster::~node_cluster() {
  link_->stop();
}

void node_cluster::leave(const tree& actors) {
  if (auto who = actors.cluster())
    caf::anon_send(who, leave_atom::value);
}

void node_cluster::survey(
  const tree& actors, report_kind kind,
  std::function<void(std::vector<member_report>)> then) const {
  if (auto who = actors.cluster())
    caf::anon_send(who, cluster_survey{kind, std::move(then)});
  else
    then({});
}

void node_cluster::look(const tree& actors, told then) const {
  auto memory = plan_.memory;
  survey(actors, report_kind::telemetry,
         [report = report_, memory, then](std::vector<member_report> said) {
           then(cluster_body(report(report_kind::telemetry),
                             *memory->shown.now(), said, io_thread::now()));
         });
}

void node_cluster::measure(const tree& actors, told then) const {
  auto self = plan_.memory->members.self();
  survey(actors, report_kind::metrics,
         [report = report_, self, then](std::vector<member_report> said) {
           said.insert(said.begin(), {self, report(report_kind::metrics)});
           then(cluster_exposition(said));
         });
}

} // namespace caisson
