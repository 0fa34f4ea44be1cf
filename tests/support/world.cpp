#include "tests/support/world.hpp"

#include <cstdlib>
#include <iostream>
#include <stdexcept>

namespace caisson::testing {

// -- journal ------------------------------------------------------------------

void recording_journal::note(severity, std::string_view who,
                             std::string_view sentence) noexcept {
  lines.push_back(std::string{who} + ": " + std::string{sentence});
}

void recording_journal::note(severity level, std::string_view who,
                             std::string_view,
                             std::string_view sentence) noexcept {
  note(level, who, sentence);
}

bool recording_journal::has(std::string_view part) const {
  for (auto& x : lines)
    if (x.find(part) != std::string::npos)
      return true;
  return false;
}

// -- deeds --------------------------------------------------------------------

namespace {

errc code_of(failure_kind kind) {
  switch (kind) {
    case failure_kind::rate_limited:
      return errc::llm_rate_limited;
    case failure_kind::overloaded:
      return errc::llm_overloaded;
    case failure_kind::refused:
      return errc::llm_refused;
    case failure_kind::connect:
    case failure_kind::dns:
      return errc::llm_unavailable;
    default:
      return errc::llm_error;
  }
}

} // namespace

deed answers(millis after) {
  deed result;
  result.pace = after;
  return result;
}

deed fails(failure_kind kind, millis after) {
  deed result;
  result.how = deed::end::fail;
  result.why = make_fault(code_of(kind), kind, "it failed");
  result.pace = after;
  return result;
}

deed pauses(failure_kind kind, millis retry_after) {
  auto result = fails(kind);
  result.why.retry_after = retry_after;
  return result;
}

deed hangs() {
  deed result;
  result.how = deed::end::hang;
  return result;
}

deed crashes() {
  deed result;
  result.how = deed::end::crash;
  return result;
}

deed streams(std::vector<std::string> chunks, deed::end how, millis pace) {
  deed result;
  result.how = how;
  result.why = make_fault(errc::llm_error, failure_kind::reset, "cut off");
  result.stream = true;
  result.chunks = std::move(chunks);
  result.pace = pace;
  return result;
}

void conversation::finish(std::string body) {
  over = true;
  listener->finished(own(std::move(body)), {});
}

void conversation::fail(failure_kind kind) {
  over = true;
  listener->failed(make_fault(code_of(kind), kind, "it failed"));
}

dependency_settings dependency_named(std::string name) {
  dependency_settings result;
  result.name = std::move(name);
  result.kind = "fake";
  result.models = {"m"};
  result.retry.jitter = jitter_kind::none;
  result.breaker.jitter = false;
  result.breaker.ramp_up = millis{0};
  return result;
}

// -- the dependency's end -----------------------------------------------------

/// Destroying it cancels what is not over.
class world::talk_handle final : public exchange {
public:
  talk_handle(std::shared_ptr<conversation> with, fake_dependency& at)
    : with_(std::move(with)), at_(at) {}

  ~talk_handle() override {
    --at_.running;
    at_.cancelled += with_->over ? 0 : 1;
    with_->listener = nullptr;
  }

  bool answering() const noexcept override { return with_->answering; }
  bool held_back() const noexcept override { return with_->held_back; }

private:
  std::shared_ptr<conversation> with_;
  fake_dependency& at_;
};

class world::port final : public dependency_port {
public:
  port(world& home, fake_dependency& at) : home_(home), at_(at) {}

  std::unique_ptr<exchange>
  start(const attempt& which,
        std::unique_ptr<exchange_listener> listener) override {
    auto what = at_.otherwise;
    if (!at_.script.empty()) {
      what = at_.script.front();
      at_.script.pop_front();
    }
    ++at_.started;
    auto deadly
      = at_.deadly != 0 && which.what->body->fingerprint() == at_.deadly;
    if (deadly || (what.how == deed::end::crash && !what.stream))
      throw std::runtime_error("a bug in the port");
    auto with = std::make_shared<conversation>();
    with->what = which;
    with->keep = which.what;
    with->model = which.model;
    with->so_far = which.so_far;
    with->listener = std::move(listener);
    at_.talks.push_back(with);
    at_.most_running = std::max(at_.most_running, ++at_.running);
    home_.perform(what, with, at_);
    return std::make_unique<talk_handle>(with, at_);
  }

private:
  world& home_;
  fake_dependency& at_;
};

void world::perform(const deed& what, const std::shared_ptr<conversation>& with,
                    fake_dependency&) {
  auto when = what.pace;
  auto say = [&](std::function<void(conversation&)> word) {
    later(when, [with, word] {
      if (with->listener)
        word(*with);
    });
    when += what.pace;
  };
  if (what.stream)
    say([](conversation& x) { x.listener->started(); });
  for (auto& chunk : what.chunks)
    say([chunk](conversation& x) { x.listener->more(own(chunk)); });
  if (what.how == deed::end::answer)
    say([stream = what.stream](conversation& x) {
      x.finish(stream ? "" : "answer of " + x.model);
    });
  else if (what.how == deed::end::fail)
    say([why = what.why](conversation& x) {
      x.over = true;
      x.listener->failed(why);
    });
}

std::shared_ptr<dependency_port>
world::make_port(const dependency_settings& of) {
  if (auto made = other_port ? other_port(of) : nullptr)
    return made;
  auto& at = outside_[of.name];
  if (at.broken_ports > 0) {
    --at.broken_ports;
    throw std::runtime_error("a port that cannot be made");
  }
  ++at.ports_made;
  at.url = of.url;
  return std::make_shared<port>(*this, at);
}

// -- the client's end ---------------------------------------------------------

namespace {

struct words final : payload {
  explicit words(std::uint64_t which) : which(which) {}
  std::uint64_t fingerprint() const noexcept override { return which; }
  std::uint64_t which;
};

} // namespace

class world::client final : public responder {
public:
  client(world& home, reply_ptr told) : home_(home), told_(std::move(told)) {}

  ~client() override {
    if (told_->how == reply::end::none)
      end_with(reply::end::guarded);
  }

  void answer(bytes body, const provenance& from) override {
    told_->body = body.data;
    note(from);
    end_with(reply::end::answered);
  }

  void begin(const provenance& from) override {
    ++told_->begun;
    note(from);
  }

  void more(bytes chunk) override { told_->body += chunk.data; }

  void end() override { end_with(reply::end::ended); }

  void fail(const fault& what, const provenance& from) override {
    told_->why = what;
    note(from);
    end_with(reply::end::failed);
  }

private:
  void note(const provenance& from) {
    told_->from = from.dependency;
    told_->attempts = from.attempts;
    told_->cache = from.cache;
  }

  void end_with(reply::end how) {
    told_->how = how;
    ++told_->finals;
    told_->when = home_.now();
  }

  world& home_;
  reply_ptr told_;
};

// -- the world ----------------------------------------------------------------

namespace {

caf::actor_system_config& virtual_time(caf::actor_system_config& config) {
  config.set("scheduler.policy", caf::atom("testing"));
  return config;
}

} // namespace

world::world()
  : system_(virtual_time(config_)),
    scheduler_(
      dynamic_cast<caf::scheduler::test_coordinator&>(system_.scheduler())),
    residents_(system_.registry().running()) {
  auto home = std::make_shared<house>();
  home->system = &system_;
  home->metrics = &metrics_;
  home->census = &census_;
  home->log = &log;
  home->board = board;
  home_ = std::move(home);
}

world::world(std::vector<dependency_settings> dependencies,
             std::vector<model_settings> models)
  : world() {
  start(std::move(dependencies), std::move(models));
}

void world::start(std::vector<dependency_settings> dependencies,
                  std::vector<model_settings> models) {
  caisson::tree::plan plan;
  plan.home = home_;
  plan.threads = {placement{}};
  plan.make_port = [this](const dependency_settings& of, std::size_t) {
    return make_port(of);
  };
  plan.cache = cache;
  plan.ended = [this](bool abnormal) { ends.push_back(abnormal); };
  tree_
    = std::make_unique<caisson::tree>(std::move(plan), dependencies, models);
  remember_places();
  run();
}

world::~world() {
  if (tree_)
    remember_places();
  tree_ = nullptr;
  run();
  agenda_.clear();
  if (system_.registry().running() > residents_) {
    // CAF would wait for them for ever.
    std::cerr << "actors outlive their tree" << std::endl;
    std::abort();
  }
  for (auto& x : replies_) {
    INFO("request " << x->id);
    CHECK(x->finals == 1);
    CHECK(x->begun <= 1);
  }
  for (auto& x : places_) {
    INFO(x->name());
    CHECK(x->bulkhead().in_flight() == 0);
    CHECK(x->bulkhead().waiting() == 0);
  }
  for (auto& [name, x] : outside_) {
    INFO(name);
    CHECK(x.running == 0);
  }
}

void world::run() {
  do
    scheduler_.run();
  while (fire_due());
}

void world::advance(millis by) {
  run();
  for (; by > millis{0}; by -= millis{10}) {
    scheduler_.advance_time(std::min(by, millis{10}));
    run();
  }
}

time_point world::now() {
  return system_.clock().now();
}

bool world::fire_due() {
  auto due = agenda_.upper_bound(now());
  if (due == agenda_.begin())
    return false;
  std::vector<std::function<void()>> ready;
  for (auto i = agenda_.begin(); i != due; ++i)
    ready.push_back(i->second);
  agenda_.erase(agenda_.begin(), due);
  for (auto& x : ready)
    x();
  return true;
}

void world::later(millis after, std::function<void()> what) {
  agenda_.emplace(now() + after, std::move(what));
}

reply_ptr world::send(std::string model, asking how) {
  auto told = std::make_shared<reply>();
  told->id = replies_.size() + 1;
  replies_.push_back(told);
  auto what = std::make_shared<call>();
  what->model = std::move(model);
  what->stream = how.stream;
  what->idempotent = how.idempotent;
  what->hurried = how.hurried;
  what->caller = how.caller;
  what->features = how.features;
  what->cached = how.cached;
  what->parts = how.parts;
  what->addressed = how.addressed;
  what->body = std::make_shared<const words>(how.words);
  what->deadline = now() + how.deadline;
  caf::anon_send(
    tree_->front_end_of(0),
    submission{told->id, what, std::make_shared<client>(*this, told)});
  return told;
}

reply_ptr world::submit(std::string model, asking how) {
  auto told = send(std::move(model), how);
  run();
  return told;
}

void world::leave(const reply_ptr& client) {
  client->left = true;
  caf::anon_send(tree_->front_end_of(0), client_left{client->id});
  run();
}

compartment_ptr world::place(std::string_view name) {
  for (auto& x : tree_->dependencies())
    if (x->name() == name)
      return x;
  return nullptr;
}

record_ptr world::record(std::string_view name) {
  for (auto& x : census_.places())
    if (x->name == name)
      return x;
  return nullptr;
}

double world::count(const metrics::family& of,
                    std::vector<std::string> labels) {
  for (auto& x : metrics_.scrape())
    if (x.of == &of && x.labels == labels)
      return x.value;
  return 0;
}

void world::apply(std::vector<dependency_settings> dependencies,
                  std::vector<model_settings> models) {
  remember_places();
  tree_->apply(dependencies, models);
  run();
}

void world::stop() {
  tree_->stop();
  run();
}

void world::remember_places() {
  for (auto& x : tree_->dependencies())
    places_.push_back(x);
}

} // namespace caisson::testing
