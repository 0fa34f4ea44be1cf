#include "tests/simulation/run.hpp"

namespace caisson::simulation {
namespace {

caf::actor_system_config& virtual_time(caf::actor_system_config& config) {
  config.set("scheduler.policy", caf::atom("testing"));
  return config;
}

} // namespace

run::run(std::uint64_t seed, bool keep_trace, bool strict)
  : seed_(seed), chance_(seed), plan_(make_scenario(chance_.split())),
    log_(keep_trace), outside_(seen_, log_, plan_, chance_.split()),
    turns_(chance_.split()), killer_(chance_.split()),
    system_(std::make_unique<caf::actor_system>(virtual_time(config_))),
    scheduler_(
      dynamic_cast<caf::scheduler::test_coordinator&>(system_->scheduler())),
    residents_(system_->registry().running()), household_(seen_, census_) {
  seen_.strict = strict;
  start();
  schedule();
  storm();
  calm_down();
  let_go();
  stop();
}

run::~run() {
  tree_ = nullptr;
  while (scheduler_.try_run_once()) {
    // Whoever is left ends.
  }
  // CAF would wait for the others for ever.
  if (system_->registry().running() > residents_)
    static_cast<void>(system_.release());
}

// -- the life of a run --------------------------------------------------------

void run::start() {
  seen_.now = system_->clock().now();
  seen_.threads = plan_.threads;
  auto home = std::make_shared<house>();
  home->system = system_.get();
  home->metrics = &metrics_;
  home->census = &census_;
  home->log = &journal_;
  tree::plan plan;
  plan.home = std::move(home);
  plan.threads.resize(plan_.threads);
  plan.make_port = [this](const dependency_settings& of, std::size_t thread) {
    return outside_.make_port(of, thread);
  };
  plan.seed = seed_;
  plan.ended = [this](bool abnormal) { seen_.ends.push_back(abnormal); };
  auto& with = plan_.begins_with;
  tree_ = std::make_unique<caisson::tree>(std::move(plan), with.dependencies,
                                          with.models);
  seen_.tree = tree_.get();
  note_places(with);
  meet_from(0);
  while (!at_rest() && step()) {
    // The first to ask finds everybody at home.
  }
}

void run::schedule() {
  auto at = [&](millis when) { return seen_.now + when; };
  for (auto& x : plan_.questions)
    outside_.later(at(x.at), [this, &x] {
      auto& who = ask(x, {});
      if (x.leaves_after)
        outside_.later(seen_.now + *x.leaves_after,
                       [this, &who] { leave(who); });
    });
  for (auto& x : plan_.orders)
    outside_.later(at(x.at), [this, &x] { obey(x); });
  for (auto& x : plan_.reloads)
    outside_.later(at(x.at), [this, &x] { apply(x.wanted); });
}

void run::storm() {
  while (!(at_rest() && !outside_.next() && seen_.open.empty()) && step()) {
    // On.
  }
}

/// First safety, then liveness: with all well outside, whoever could not answer
/// must.
void run::calm_down() {
  if (seen_.broken || !seen_.ends.empty())
    return;
  storming_ = false;
  outside_.calm();
  for (auto& x : tree_->dependencies())
    obey({{}, x->name(), breaker_mode::automatic});
  while (!at_rest() && step()) {
    // The orders are obeyed.
  }
  for (auto times = 0; times < 2 && !seen_.broken; ++times) {
    // Longer than any breaker is open, than any pause, than ends are counted.
    pass(std::chrono::seconds{20});
    for (auto& x : tree_->dependencies()) {
      question q;
      q.thread = killer_.below(plan_.threads);
      q.model = x->name() + "/" + x->name() + "1";
      q.deadline = millis{1'000};
      ask(q, "calm");
      while ((!at_rest() || !seen_.open.empty()) && step()) {
        // One after the other: of many at once some may be refused.
      }
    }
  }
  if (!seen_.broken)
    laws([&](law& x) { x.calm(seen_); });
}

/// Waits for those that left the config.
void run::let_go() {
  auto until = time_point{};
  for (auto& x : seen_.places)
    if (x.removed)
      until
        = std::max<time_point>(until, *x.removed + std::chrono::seconds{121});
  while (seen_.ends.empty() && seen_.now < until && step()) {
    // On.
  }
}

void run::stop() {
  if (seen_.broken)
    return;
  seen_.stopping = true;
  tree_->stop();
  while (!at_rest() && step()) {
    // On.
  }
  tree_ = nullptr;
  seen_.tree = nullptr;
  while (!at_rest() && step()) {
    // On.
  }
  seen_.registered = system_->registry().running() - residents_;
  laws([&](law& x) { x.end(seen_); });
}

report run::result() {
  return {seed_,      seen_.broken,          log_.digest(),
          seen_.step, seen_.requests.size(), seen_.attempts.size(),
          kills_,     log_.lines()};
}

report simulate(std::uint64_t seed, bool keep_trace, bool strict) {
  return run{seed, keep_trace, strict}.result();
}

} // namespace caisson::simulation
