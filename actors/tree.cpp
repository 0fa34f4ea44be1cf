// Reason for length: who lives, how each is started, what a reload changes.
#include "actors/tree.hpp"

#include <numeric>

#include <caf/send.hpp>

#include "actors/cache/semantic.hpp"

namespace caisson {

/// What the specs need to start children, now and after any restart.
struct tree::roster : std::enable_shared_from_this<tree::roster> {
  explicit roster(plan what)
    : what(std::move(what)), limiters(this->what.threads.size()),
      front_ends(this->what.threads.size()), agents(this->what.threads.size()),
      book(std::make_shared<limit_book>(this->what.limits)),
      caches(std::make_shared<cache_shards>(this->what.cache,
                                            this->what.threads.size())) {
    for (std::size_t i = 0; i < this->what.threads.size(); ++i)
      shards.push_back(
        std::make_shared<limiter_shard>(strangers_at_each_shard()));
  }

  std::size_t strangers_at_each_shard() const {
    return std::max<std::size_t>(1, book->settings().max_clients
                                      / what.threads.size());
  }

  plan what;
  mutable std::mutex lock;
  std::vector<compartment_ptr> places;
  std::shared_ptr<const routing_table> routes;
  std::vector<std::shared_ptr<limiter_shard>> shards;
  std::vector<limiter_actor> limiters;
  std::vector<front_end_actor> front_ends;
  std::vector<agent_actor> agents;
  cluster_actor cluster;
  std::shared_ptr<const limit_book> book;
  std::shared_ptr<cache_shards> caches;
  supervisor_actor dependency_supervisor;

  /// Where the counts are kept: the first dependency that can, unless this node
  /// is to do it.
  compartment_ptr limit_store_now() const {
    auto wanted = book->settings().store;
    if (wanted == limit_store::memory || wanted == limit_store::cluster)
      return nullptr;
    auto at = std::find_if(places.begin(), places.end(),
                           [](auto& x) { return x->kind() == "redis"; });
    return at == places.end() ? nullptr : *at;
  }

  limits_changed limits_now() const {
    auto alone = book->settings().store == limit_store::memory;
    return {book, strangers_at_each_shard(), limit_store_now(), !alone};
  }

  child_spec dependency_spec(const compartment_ptr& where, std::size_t number);
  child_spec front_end_spec(std::size_t thread);
  child_spec agent_spec(std::size_t thread);
  child_spec limiter_spec(std::size_t thread);
  std::optional<cluster_circle> circle();
  child_spec cache_spec(std::size_t thread);
  child_spec semantic_spec();
  child_spec cluster_spec();
  child_spec dependencies_spec();
  /// A supervisor of that name, with such a child on each I/O thread, and
  /// perhaps one beside them.
  child_spec on_each_thread(std::string name,
                            child_spec (roster::*spec)(std::size_t),
                            child_spec (roster::*beside)() = nullptr);
};

namespace {

caf::strong_actor_ptr strong(const supervisor_actor& x) {
  return caf::actor_cast<caf::strong_actor_ptr>(x);
}

} // namespace

child_spec tree::roster::dependency_spec(const compartment_ptr& where,
                                         std::size_t number) {
  dependency_plan dp{what.home, where, what.threads, what.make_port,
                     what.seed + number};
  // A dependency lives on one of the I/O threads, beside its callers.
  auto at = what.threads[number % what.threads.size()];
  return {where->name(), restart_kind::transient, [dp, at](record_ptr place) {
            return caf::actor_cast<caf::strong_actor_ptr>(
              start_dependency(dp, at, std::move(place)));
          }};
}

child_spec tree::roster::front_end_spec(std::size_t thread) {
  auto self = shared_from_this();
  auto start = [self, thread](record_ptr place) {
    // Held throughout: a reload must find either the routes not yet read or
    // the front end to tell of its own.
    std::lock_guard guard{self->lock};
    auto who
      = start_front_end(self->what.home, thread, self->what.threads[thread],
                        self->routes, self->caches, std::move(place));
    self->front_ends[thread] = who;
    return caf::actor_cast<caf::strong_actor_ptr>(who);
  };
  return {"front_end-" + std::to_string(thread), restart_kind::permanent,
          start};
}

child_spec tree::roster::agent_spec(std::size_t thread) {
  auto start = [self = shared_from_this(), thread](record_ptr place) {
    auto who = start_agent(self->what.home, self->what.threads[thread],
                           std::move(place));
    std::lock_guard guard{self->lock};
    self->agents[thread] = who;
    return caf::actor_cast<caf::strong_actor_ptr>(who);
  };
  return {"agent-" + std::to_string(thread), restart_kind::permanent, start};
}

child_spec tree::roster::cluster_spec() {
  auto start = [self = shared_from_this()](record_ptr place) {
    auto plan = *self->what.cluster;
    plan.dependencies = [weak = self->weak_from_this()] {
      auto all = weak.lock();
      if (!all)
        return std::vector<compartment_ptr>{};
      std::lock_guard guard{all->lock};
      return all->places;
    };
    plan.limiter_of
      = [weak = self->weak_from_this()](std::uint64_t high, std::uint64_t low) {
          auto all = weak.lock();
          if (!all)
            return quota_keeper_actor{};
          std::lock_guard guard{all->lock};
          auto shard = shard_of({high, low}, all->limiters.size());
          return caf::actor_cast<quota_keeper_actor>(all->limiters[shard]);
        };
    plan.flights_of = [caches = self->caches](std::string_view key) {
      return caf::actor_cast<flight_desk_actor>(caches->of(key));
    };
    plan.flight_desks = [caches = self->caches] {
      std::vector<flight_desk_actor> all;
      for (std::size_t i = 0; i < caches->size(); ++i)
        if (auto shard = caches->shard(i))
          all.push_back(caf::actor_cast<flight_desk_actor>(shard));
      return all;
    };
    auto who = start_cluster(plan, std::move(place));
    std::lock_guard guard{self->lock};
    self->cluster = who;
    return caf::actor_cast<caf::strong_actor_ptr>(who);
  };
  return {"cluster", restart_kind::permanent, start};
}

/// The nodes that may keep limits and fetch values together with this one.
std::optional<cluster_circle> tree::roster::circle() {
  if (!what.cluster)
    return std::nullopt;
  auto memory = what.cluster->memory;
  auto line = [weak = weak_from_this()] {
    auto all = weak.lock();
    if (!all)
      return cluster_actor{};
    std::lock_guard guard{all->lock};
    return all->cluster;
  };
  return cluster_circle{memory->members.self(), what.cluster->settings.nodes,
                        [memory] { return memory->shown.now(); }, line};
}

child_spec tree::roster::limiter_spec(std::size_t thread) {
  auto self = shared_from_this();
  auto start = [self, thread](record_ptr place) {
    // Held throughout, as above: the limits of a reload reach everybody.
    std::lock_guard guard{self->lock};
    limiter_plan plan{self->what.home, thread, self->shards[thread],
                      self->limits_now(), self->circle()};
    auto who
      = start_limiter(plan, self->what.threads[thread], std::move(place));
    self->limiters[thread] = who;
    return caf::actor_cast<caf::strong_actor_ptr>(who);
  };
  return {"limiter-" + std::to_string(thread), restart_kind::permanent, start};
}

child_spec tree::roster::dependencies_spec() {
  auto self = shared_from_this();
  auto start = [self](record_ptr place) {
    supervisor_settings settings;
    std::lock_guard guard{self->lock};
    for (std::size_t i = 0; i < self->places.size(); ++i)
      settings.specs.push_back(self->dependency_spec(self->places[i], i));
    self->dependency_supervisor
      = start_supervisor(self->what.home, std::move(place), settings);
    return strong(self->dependency_supervisor);
  };
  return {"dependencies", restart_kind::permanent, start};
}

child_spec tree::roster::on_each_thread(std::string name,
                                        child_spec (roster::*spec)(std::size_t),
                                        child_spec (roster::*beside)()) {
  auto self = shared_from_this();
  auto start = [self, spec, beside](record_ptr place) {
    supervisor_settings settings;
    for (std::size_t i = 0; i < self->what.threads.size(); ++i)
      settings.specs.push_back((self.get()->*spec)(i));
    if (beside)
      settings.specs.push_back((self.get()->*beside)());
    return strong(
      start_supervisor(self->what.home, std::move(place), settings));
  };
  return {std::move(name), restart_kind::permanent, start};
}

child_spec tree::roster::cache_spec(std::size_t thread) {
  auto self = shared_from_this();
  auto start = [self, thread](record_ptr place) {
    auto who
      = start_cache({self->what.home, self->caches, thread,
                     self->what.seed + 1'000'000 + thread, self->circle()},
                    self->what.threads[thread], std::move(place));
    self->caches->moved_in(thread, who);
    return caf::actor_cast<caf::strong_actor_ptr>(who);
  };
  return {"cache-" + std::to_string(thread), restart_kind::permanent, start};
}

child_spec tree::roster::semantic_spec() {
  auto start = [self = shared_from_this()](const record_ptr& place) {
    // Held throughout, as above: the settings of a reload reach it.
    std::lock_guard guard{self->lock};
    auto who = start_semantic({self->what.home, self->caches}, place);
    self->caches->moved_in(who);
    return caf::actor_cast<caf::strong_actor_ptr>(who);
  };
  return {"semantic", restart_kind::permanent, start};
}

tree::tree(plan what, const std::vector<dependency_settings>& dependencies,
           const std::vector<model_settings>& models)
  : roster_(std::make_shared<roster>(std::move(what))) {
  auto& home = *roster_->what.home;
  for (auto& x : dependencies)
    roster_->places.push_back(std::make_shared<compartment>(
      std::make_shared<const dependency_settings>(x), *home.metrics));
  roster_->routes = std::make_shared<routing_table>(roster_->places, models);
  roster_->caches->apply(roster_->what.cache, roster_->places);
  supervisor_settings settings;
  settings.specs.push_back(roster_->dependencies_spec());
  settings.specs.push_back(
    roster_->on_each_thread("limiters", &roster::limiter_spec));
  settings.specs.push_back(roster_->on_each_thread(
    "caches", &roster::cache_spec, &roster::semantic_spec));
  settings.specs.push_back(
    roster_->on_each_thread("front_ends", &roster::front_end_spec));
  settings.specs.push_back(
    roster_->on_each_thread("agents", &roster::agent_spec));
  if (roster_->what.cluster)
    settings.specs.push_back(roster_->cluster_spec());
  root_ = start_supervisor(roster_->what.home,
                           home.census->enrol("root", nullptr), settings);
  root_->attach_functor([ended = roster_->what.ended](const caf::error& why) {
    if (ended)
      ended(static_cast<bool>(why) && why != caf::exit_reason::user_shutdown);
  });
}

tree::~tree() {
  stop();
}

void tree::stop() {
  caf::anon_send_exit(root_, caf::exit_reason::user_shutdown);
}

front_end_actor tree::front_end_of(std::size_t thread) const {
  std::lock_guard guard{roster_->lock};
  return roster_->front_ends[thread];
}

agent_actor tree::agent_of(std::size_t thread) const {
  std::lock_guard guard{roster_->lock};
  return roster_->agents[thread];
}

cluster_actor tree::cluster() const {
  std::lock_guard guard{roster_->lock};
  return roster_->cluster;
}

limiter_actor tree::limiter_of(const limit_key& who) const {
  return limiter_at(shard_of(who, roster_->shards.size()));
}

limiter_actor tree::limiter_at(std::size_t thread) const {
  std::lock_guard guard{roster_->lock};
  return roster_->limiters[thread];
}

std::shared_ptr<const limit_book> tree::limits() const {
  std::lock_guard guard{roster_->lock};
  return roster_->book;
}

void tree::set_limits(const limit_settings& what) {
  std::lock_guard guard{roster_->lock};
  roster_->book = std::make_shared<const limit_book>(what);
  for (auto& x : roster_->limiters)
    caf::anon_send(x, roster_->limits_now());
}

std::size_t tree::limited_clients() const {
  return std::transform_reduce(roster_->shards.begin(), roster_->shards.end(),
                               std::size_t{0}, std::plus{},
                               [](auto& x) { return x->clients.size(); });
}

std::vector<compartment_ptr> tree::dependencies() const {
  std::lock_guard guard{roster_->lock};
  return roster_->places;
}

std::shared_ptr<const routing_table> tree::routes() const {
  std::lock_guard guard{roster_->lock};
  return roster_->routes;
}

const std::shared_ptr<cache_shards>& tree::caches() const noexcept {
  return roster_->caches;
}

void tree::apply(const std::vector<dependency_settings>& dependencies,
                 const std::vector<model_settings>& models,
                 std::optional<cache_settings> cache) {
  std::lock_guard guard{roster_->lock};
  auto& home = *roster_->what.home;
  std::vector<compartment_ptr> next;
  for (auto& x : dependencies) {
    auto settings = std::make_shared<const dependency_settings>(x);
    auto known = std::find_if(
      roster_->places.begin(), roster_->places.end(), [&](auto& place) {
        return place->name() == x.name && place->kind() == x.kind;
      });
    if (known != roster_->places.end()) {
      (*known)->reconfigure(settings);
      caf::anon_send((*known)->supervisor(), dependency_changed{settings});
      next.push_back(*known);
      continue;
    }
    next.push_back(std::make_shared<compartment>(settings, *home.metrics));
    caf::anon_send(roster_->dependency_supervisor,
                   child_spec_ptr{std::make_shared<const child_spec>(
                     roster_->dependency_spec(next.back(), next.size()))});
  }
  for (auto& old : roster_->places)
    if (std::find(next.begin(), next.end(), old) == next.end()) {
      old->leave_config(home.system->clock().now());
      caf::anon_send(old->supervisor(), retire_atom::value);
    }
  roster_->places = std::move(next);
  roster_->routes = std::make_shared<routing_table>(roster_->places, models);
  roster_->caches->apply(cache ? *cache : *roster_->caches->settings(),
                         roster_->places);
  for (auto& x : roster_->front_ends)
    caf::anon_send(x, routes_changed{roster_->routes});
}

} // namespace caisson
