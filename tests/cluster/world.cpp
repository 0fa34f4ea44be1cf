#include "tests/cluster/world.hpp"

#include <algorithm>
#include <thread>

#include <caf/send.hpp>

namespace caisson::testing {

using namespace std::chrono_literals;

cluster_papers::cluster_papers() {
  made = authority("ca") && authority("foreign") && sign("a", "ca", "DNS:a")
         && sign("b", "ca", "DNS:b") && sign("c", "ca", "DNS:c")
         && sign("stranger", "ca", "DNS:stranger")
         && sign("both", "ca", "DNS:a,DNS:b")
         && sign("fake", "foreign", "DNS:b");
  if (!made)
    WARN("openssl is missing: links are not tested");
}

const cluster_papers& all_papers() {
  static const cluster_papers all;
  return all;
}

bool eventually(const std::function<bool()>& what) {
  std::mutex lock;
  std::condition_variable never;
  std::unique_lock guard{lock};
  auto by = std::chrono::steady_clock::now() + 30s;
  while (!what()) {
    if (std::chrono::steady_clock::now() > by)
      return false;
    never.wait_for(guard, 5ms);
  }
  return true;
}

void noting_journal::note(severity, std::string_view,
                          std::string_view what) noexcept {
  std::lock_guard guard{lock_};
  lines_.emplace_back(what);
}

bool noting_journal::has(std::string_view part) const {
  std::lock_guard guard{lock_};
  return std::any_of(lines_.begin(), lines_.end(), [&](auto& x) {
    return x.find(part) != std::string::npos;
  });
}

cluster_node::cluster_node(
  const std::string& name, std::vector<std::string> seeds,
  const std::function<void(peering::link::plan&)>& change) {
  peering::load_distribution(config);
  register_cluster_types(config);
  config.set("scheduler.policy", caf::atom("sharing"));
  config.set("scheduler.max-threads", std::size_t{2});
  system = std::make_unique<caf::actor_system>(config);
  auto& papers = all_papers();
  peering::link::plan plan;
  plan.system = system.get();
  plan.name = name;
  plan.settings.enabled = true;
  plan.settings.port = 0;
  plan.settings.seeds = std::move(seeds);
  plan.settings.nodes = {"a", "b", "c"};
  plan.settings.ca = papers.at("ca.pem");
  plan.settings.cert = papers.at(name + ".pem");
  plan.settings.key = papers.at(name + ".key");
  plan.settings.heartbeat = 100ms;
  plan.settings.dead_after = 1s;
  plan.log = &log;
  plan.metrics = &counters;
  plan.report = [name](report_kind) { return "this is " + name; };
  if (change)
    change(plan);
  settings = plan.settings;
  door = std::make_shared<peering::link>(plan);
  complaint = door->open();
  if (!complaint.empty())
    return;
  auto wall = [] {
    return static_cast<std::uint64_t>(
      std::chrono::system_clock::now().time_since_epoch() / 1ms);
  };
  memory = std::make_shared<cluster_memory>(
    membership{name, wall(), plan.settings.dead_after, plan.settings.nodes},
    wall);
  auto home
    = std::make_shared<house>(house{system.get(), &counters, &census, &log});
  door->start();
  actor = start_cluster({home, plan.settings, door, memory, wall, nullptr,
                         [](const cluster_order&) {}, [] {}},
                        census.enrol("cluster", nullptr));
  // It has opened its door when it first shows something.
  REQUIRE(eventually([&] { return memory->shown.now()->self == name; }));
}

cluster_node::~cluster_node() {
  if (actor)
    caf::anon_send_exit(actor, caf::exit_reason::user_shutdown);
  actor = cluster_actor{};
  door->stop();
  system->await_all_actors_done();
  door.reset();
}

member_state cluster_node::sees(const std::string& other) const {
  auto all = memory->shown.now()->others;
  auto at = all.find(other);
  return at == all.end() ? member_state::suspect : at->second.state;
}

bool cluster_node::sees_alive(const std::string& other) const {
  return sees(other) == member_state::alive;
}

double cluster_node::count(const metrics::family& of,
                           std::vector<std::string> labels) {
  for (auto& x : counters.scrape())
    if (x.of == &of && x.labels == labels)
      return x.value;
  return 0;
}

} // namespace caisson::testing
