#pragma once

#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include <caf/actor_system.hpp>
#include <caf/actor_system_config.hpp>
#include <caf/scheduler/test_coordinator.hpp>
#include <caf/send.hpp>

#include "actors/tree.hpp"
#include "tests/support/catch.hpp"

/// A node without sockets and without threads, in virtual time: CAF's test
/// scheduler, scripted dependencies, clients that note every word. Whoever
/// destroys a world checks it: each request has had exactly one answer, each
/// place came back, every actor is gone.
namespace caisson::testing {

/// Remembers every sentence.
class recording_journal final : public journal {
public:
  void note(severity, std::string_view who,
            std::string_view sentence) noexcept override;
  void note(severity, std::string_view who, std::string_view trace_id,
            std::string_view sentence) noexcept override;

  bool has(std::string_view part) const;

  std::vector<std::string> lines;
};

/// Remembers what other nodes would be told of breakers.
class recording_board final : public board {
public:
  void tell(const std::string& service, const breaker_word& what,
            time_point) override {
    said.emplace_back(service, what);
  }

  std::vector<std::pair<std::string, breaker_word>> said;
};

/// What a scripted dependency does with one attempt: optionally a stream of
/// chunks, then an end, each in its own time.
struct deed {
  enum class end { answer, fail, hang, crash };
  end how = end::answer;
  fault why;
  bool stream = false;
  std::vector<std::string> chunks;
  /// To the first word, and between two.
  millis pace{0};
};

deed answers(millis after = millis{0});
deed fails(failure_kind kind, millis after = millis{0});
/// With Retry-After.
deed pauses(failure_kind kind, millis retry_after);
deed hangs();
/// Throws out of `start`: the worker crashes.
deed crashes();
/// A stream of chunks that then ends so.
deed streams(std::vector<std::string> chunks, deed::end how = deed::end::answer,
             millis pace = millis{0});

/// One running attempt, as the dependency sees it; tests may speak for it.
struct conversation {
  attempt what;
  call_ptr keep;
  std::string model;
  std::string so_far; ///< of a stream that goes on here
  std::unique_ptr<exchange_listener> listener; ///< none: over or cancelled
  bool over = false;
  bool answering = false; ///< the head of the reply has come
  bool held_back = false; ///< its client takes nothing

  void finish(std::string body);
  void fail(failure_kind kind);
};

/// A dependency outside the node: its script and what it has seen.
struct fake_dependency {
  std::deque<deed> script; ///< the next attempts; then `otherwise`
  deed otherwise = answers();
  std::uint64_t deadly = 0; ///< requests of these words crash their worker
  /// So many of the next ports throw when they are made.
  std::uint32_t broken_ports = 0;

  std::uint32_t ports_made = 0;
  std::uint32_t started = 0;
  std::uint32_t running = 0;
  std::uint32_t most_running = 0;
  std::uint32_t cancelled = 0; ///< exchanges destroyed before their end
  std::vector<std::shared_ptr<conversation>> talks;
  std::string url; ///< of the latest port
};

/// What a client has been told.
struct reply {
  enum class end { none, answered, ended, failed, guarded };
  end how = end::none;
  std::uint32_t finals = 0; ///< complete answers: never two
  std::uint32_t begun = 0;
  std::string body;
  fault why;
  std::string from; ///< the dependency that answered
  std::uint32_t attempts = 0;
  std::string cache; ///< the layer of the cache that answered
  time_point when{};
  std::uint64_t id = 0;
  bool left = false; ///< the client went away

  bool answered() const { return how == end::answered || how == end::ended; }
  bool failed_with(errc code) const {
    return how == end::failed && why.code == code;
  }
};

using reply_ptr = std::shared_ptr<reply>;

struct asking {
  millis deadline{100'000};
  bool stream = false;
  bool idempotent = true;
  bool hurried = false;
  std::uint64_t caller = 0;
  std::uint64_t words = 0; ///< requests with the same words are told to be so
  std::shared_ptr<const cache_order> cached = nullptr;
  std::shared_ptr<const cache_batch> parts = nullptr;
  std::shared_ptr<const model_route> addressed = nullptr;
  feature_set features{};
};

/// The settings of a dependency that serves the model "m": no jitter.
dependency_settings dependency_named(std::string name);

class world {
public:
  world();
  /// With a tree that has started.
  explicit world(std::vector<dependency_settings> dependencies,
                 std::vector<model_settings> models = {});
  ~world();
  world(const world&) = delete;
  world& operator=(const world&) = delete;

  void start(std::vector<dependency_settings> dependencies,
             std::vector<model_settings> models = {});

  /// Of the tree to be started.
  cache_settings cache;
  /// Makes the ports of dependencies that are none of the scripted ones; says
  /// nothing of those that are.
  std::function<std::shared_ptr<dependency_port>(const dependency_settings&)>
    other_port;

  // -- time -------------------------------------------------------------------

  /// Lets everybody work until nobody has anything to do.
  void run();
  /// Moves time in steps of 10 ms, with everybody at work in between.
  void advance(millis by);
  time_point now();
  /// Does it then, with nobody's hands.
  void later(millis after, std::function<void()> what);

  // -- requests ---------------------------------------------------------------

  /// Asks for a model; nobody has worked on it yet.
  reply_ptr send(std::string model, asking how = {});
  /// The same, with everybody at work.
  reply_ptr submit(std::string model, asking how = {});
  void leave(const reply_ptr& client);

  // -- looking around ---------------------------------------------------------

  fake_dependency& outside(const std::string& name) { return outside_[name]; }
  compartment_ptr place(std::string_view name);
  record_ptr record(std::string_view name);
  /// A counter's value, 0 if nobody has counted.
  double count(const metrics::family& of, std::vector<std::string> labels);
  template <class Handle>
  void kill(const Handle& who) {
    caf::anon_send_exit(who, caf::exit_reason::kill);
    run();
  }

  void apply(std::vector<dependency_settings> dependencies,
             std::vector<model_settings> models = {});
  void stop();

  caf::actor_system& system() { return system_; }
  const std::shared_ptr<const house>& home() { return home_; }
  caisson::tree& tree() { return *tree_; }
  /// Ends of the tree: true, where it gave up.
  std::vector<bool> ends;
  recording_journal log;
  std::shared_ptr<recording_board> board = std::make_shared<recording_board>();

private:
  class port;
  class talk_handle;
  class client;

  bool fire_due();
  void perform(const deed& what, const std::shared_ptr<conversation>& with,
               fake_dependency& at);
  std::shared_ptr<dependency_port> make_port(const dependency_settings& of);
  void remember_places();

  // Before the system: it is used until the last actor has gone.
  std::map<std::string, fake_dependency> outside_;
  std::multimap<time_point, std::function<void()>> agenda_;
  metrics::registry metrics_;
  caisson::census census_;
  std::vector<compartment_ptr> places_;
  std::vector<reply_ptr> replies_;

  caf::actor_system_config config_;
  caf::actor_system system_;
  caf::scheduler::test_coordinator& scheduler_;
  std::size_t residents_;
  std::shared_ptr<const house> home_;
  std::unique_ptr<caisson::tree> tree_;
};

} // namespace caisson::testing
