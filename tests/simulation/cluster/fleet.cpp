// The machines and the clock; network.cpp has the links between them.
#include "actors/telemetry/families.hpp"
#include "tests/simulation/cluster/network.hpp"
#include "tests/support/silent_journal.hpp"

#include <caf/scheduled_actor.hpp>
#include <caf/send.hpp>

namespace caisson::simulation {

namespace {

caf::actor_system_config& virtual_time(caf::actor_system_config& config) {
  config.set("scheduler.policy", caf::atom("testing"));
  return config;
}

constexpr std::uint64_t first_wall = 1'700'000'000'000; // ms since 1970

} // namespace

fleet::fleet(std::size_t nodes, trace& log, dice chance)
  : log_(log), chance_(chance),
    journal_(std::make_unique<testing::silent_journal>()),
    system_(std::make_unique<caf::actor_system>(virtual_time(config_))),
    scheduler_(
      dynamic_cast<caf::scheduler::test_coordinator&>(system_->scheduler())),
    residents_(system_->registry().running()), home_(std::make_shared<house>()),
    nodes_(nodes) {
  home_->system = system_.get();
  home_->metrics = &metrics_;
  home_->census = &census_;
  home_->log = journal_.get();
  for (std::size_t i = 0; i < nodes; ++i) {
    nodes_[i].number = i;
    nodes_[i].name = std::string(1, static_cast<char>('a' + i));
  }
}

fleet::~fleet() {
  for (auto& it : nodes_)
    if (it.up)
      crash(it.number);
  links_.clear();
  agenda_.clear();
  while (scheduler_.try_run_once()) {
    // Whoever is left ends.
  }
  nodes_.clear();
  while (scheduler_.try_run_once()) {
    // What they held, too.
  }
  // CAF would wait for the others for ever.
  if (system_->registry().running() > residents_)
    static_cast<void>(system_.release());
}

// -- machines -----------------------------------------------------------------

std::uint64_t fleet::wall(std::size_t i) {
  auto ms = std::chrono::duration_cast<millis>(now().time_since_epoch());
  return static_cast<std::uint64_t>(static_cast<std::int64_t>(first_wall)
                                    + ms.count() + nodes_[i].skew_ms);
}

void fleet::belongs(const caf::actor_control_block* who, std::size_t node) {
  home_of_[who->id()] = node;
}

void fleet::start(std::size_t i) {
  auto& it = nodes_[i];
  std::vector<std::string> names;
  for (auto& one : nodes_)
    names.push_back(one.name);
  it.up = it.open = true;
  it.stopped = false;
  it.since = now();
  it.port = std::make_shared<port>(*this, i);
  it.memory = std::make_shared<cluster_memory>(
    membership{it.name, wall(i), cluster_settings{}.dead_after, names},
    [this, i] { return wall(i); });
  it.shard = std::make_shared<limiter_shard>(1'000);
  it.obeyed.clear();
  it.forgot_all.clear();
  for (auto& other : nodes_)
    if (other.number != i)
      it.proxies[other.number] = proxy(other.number, i);
  it.caches = std::make_shared<cache_shards>(cache_settings{}, 1);
  spawn_limiter(it);
  spawn_cache(it);
  spawn_cluster(it);
  log_.note(now(), 100 + i, [&] { return "node " + it.name + " starts"; });
}

void fleet::spawn_cluster(node& it) {
  auto i = it.number;
  cluster_plan plan;
  plan.home = home_;
  for (auto& one : nodes_) {
    plan.settings.nodes.push_back(one.name);
    plan.settings.seeds.push_back(one.name + ":1");
  }
  plan.port = it.port;
  plan.memory = it.memory;
  plan.wall = [this, i] { return wall(i); };
  plan.obey
    = [this, i](const cluster_order& x) { nodes_[i].obeyed.push_back(x); };
  plan.forget_all = [this, i] { nodes_[i].forgot_all.push_back(now()); };
  plan.limiter_of = [this, i](auto, auto) {
    return caf::actor_cast<quota_keeper_actor>(nodes_[i].limiter);
  };
  plan.flights_of = [this, i](auto) {
    return caf::actor_cast<flight_desk_actor>(nodes_[i].cache);
  };
  plan.flight_desks = [this, i] {
    return std::vector{caf::actor_cast<flight_desk_actor>(nodes_[i].cache)};
  };
  it.cluster = start_cluster(
    plan, std::make_shared<actor_record>("cluster-" + it.name, 1, 0));
  belongs(caf::actor_cast<caf::strong_actor_ptr>(it.cluster).get(), i);
}

void fleet::spawn_limiter(node& it) {
  auto i = it.number;
  limiter_plan plan;
  plan.home = home_;
  plan.shard = it.shard;
  plan.limits.book = std::make_shared<const limit_book>(limit_settings{});
  plan.limits.most_strangers = 1'000;
  plan.limits.together = true;
  plan.circle = circle_of(it);
  it.limiter
    = start_limiter(plan, placement{},
                    std::make_shared<actor_record>("limiter-" + it.name, 2, 0));
  belongs(caf::actor_cast<caf::strong_actor_ptr>(it.limiter).get(), i);
}

void fleet::spawn_cache(node& it) {
  auto i = it.number;
  cache_plan plan{home_, it.caches, 0, chance_.roll(), circle_of(it)};
  it.cache
    = start_cache(plan, placement{},
                  std::make_shared<actor_record>("cache-" + it.name, 3, 0));
  it.caches->moved_in(0, it.cache);
  belongs(caf::actor_cast<caf::strong_actor_ptr>(it.cache).get(), i);
}

cluster_circle fleet::circle_of(const node& it) {
  cluster_circle out;
  out.self = it.name;
  for (auto& one : nodes_)
    out.nodes.push_back(one.name);
  out.look = [memory = it.memory] { return memory->shown.now(); };
  out.line = [this, i = it.number] { return nodes_[i].cluster; };
  return out;
}

template <class Handle>
void fleet::end(Handle& who) {
  // Whoever is killed with his machine says nothing any more.
  home_of_.erase(who->id());
  caf::anon_send_exit(who, caf::exit_reason::kill);
  who = Handle{};
}

void fleet::crash(std::size_t i) {
  auto& it = nodes_[i];
  it.up = it.stopped = false;
  for (auto& [other, proxy] : it.proxies)
    end(proxy);
  it.proxies.clear();
  end(it.cluster);
  end(it.limiter);
  end(it.cache);
  it.caches = nullptr;
  static_cast<port&>(*it.port).close_for_good();
  for (auto& one : std::vector{links_})
    if (one->is_of(i)) {
      auto other = one->other(i);
      one->end[i] = false;
      if (connected(i, other) && one->end[other])
        later(millis{1}, [this, one, other] { lose_end(one, other); });
    }
  log_.note(now(), 110 + i, [&] { return "node " + it.name + " crashes"; });
}

void fleet::stop(std::size_t i, bool really) {
  nodes_[i].stopped = really;
  log_.note(now(), 120 + i + (really ? 10 : 0), [&] {
    return "node " + nodes_[i].name + (really ? " is stopped" : " goes on");
  });
}

void fleet::kill_actor(std::size_t i, part which) {
  constexpr const char* names[] = {"cluster actor", "limiter", "cache"};
  auto& it = nodes_[i];
  auto number = static_cast<std::size_t>(which);
  log_.note(now(), 140 + i + 10 * number, [&] {
    return std::string{"the "} + names[number] + " of " + it.name + " dies";
  });
  switch (which) {
    case part::cluster:
      end(it.cluster);
      spawn_cluster(it);
      return;
    case part::limiter:
      end(it.limiter);
      spawn_limiter(it);
      return;
    case part::cache:
      end(it.cache);
      spawn_cache(it);
      return;
  }
}

double fleet::decisions(const std::string& by) {
  for (auto& x : metrics_.scrape())
    if (x.of == &families::limiter_decisions && x.labels.front() == by)
      return x.value;
  return 0;
}

// -- time ---------------------------------------------------------------------

void fleet::later(duration after, std::function<void()> what) {
  agenda_.emplace(now() + after, std::move(what));
}

bool fleet::due() {
  return !agenda_.empty() && agenda_.begin()->first <= now();
}

/// Nowhere: it ends, and nobody stops that.
std::optional<std::size_t> fleet::home_of(caf::resumable* job) const {
  auto who = dynamic_cast<caf::scheduled_actor*>(job);
  auto at = who ? home_of_.find(who->id()) : home_of_.end();
  return at == home_of_.end() ? std::nullopt : std::optional{at->second};
}

bool fleet::step(time_point until) {
  ++steps_;
  auto& jobs = scheduler_.jobs;
  ready_.clear();
  for (std::size_t i = 0; i < jobs.size(); ++i)
    if (auto home = home_of(jobs[i]); !home || !nodes_[*home].stopped)
      ready_.push_back(static_cast<std::ptrdiff_t>(i));
  if (due() && (ready_.empty() || chance_.in_thousand(500))) {
    auto what = std::move(agenda_.begin()->second);
    agenda_.erase(agenda_.begin());
    what();
    return true;
  }
  if (!ready_.empty()) {
    auto at = jobs.begin() + ready_[chance_.below(ready_.size())];
    auto home = home_of(*at);
    log_.note(now(), home.value_or(99), [&] {
      return home ? nodes_[*home].name + " works"
                  : std::string{"somebody who ends"};
    });
    std::rotate(jobs.begin(), at, at + 1);
    scheduler_.run_once();
    return true;
  }
  auto next = agenda_.empty() ? until : agenda_.begin()->first;
  auto& timers = scheduler_.clock().schedule();
  if (!timers.empty())
    next = std::min<time_point>(next, timers.begin()->first);
  next = std::min(next, until);
  if (next <= now() && now() >= until)
    return false;
  scheduler_.advance_time(std::max(next - now(), duration{}));
  return now() < until || due() || !jobs.empty();
}

} // namespace caisson::simulation
