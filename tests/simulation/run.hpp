#pragma once

#include <deque>
#include <memory>

#include <caf/actor_system.hpp>
#include <caf/actor_system_config.hpp>
#include <caf/resumable.hpp>
#include <caf/scheduler/test_coordinator.hpp>

#include "tests/simulation/household.hpp"
#include "tests/simulation/law.hpp"
#include "tests/simulation/outside.hpp"
#include "tests/simulation/simulation.hpp"
#include "tests/support/silent_journal.hpp"

namespace caisson::simulation {

/// One run: run.cpp is its life, steps.cpp how each step comes about,
/// stimuli.cpp what is done to the node.
class run {
public:
  run(std::uint64_t seed, bool keep_trace, bool strict);
  ~run();

  report result();

private:
  // The life of a run.
  void start();
  void schedule();
  void storm();
  void calm_down();
  void let_go();
  void stop();

  // One step of it.
  bool step();
  bool at_rest() const { return jobs().empty() && !outside_.due(); }
  bool pass_time();
  void lag();
  bool may_kill();
  void endanger();
  void kill();
  void work();
  std::size_t choose();
  template <class Rank>
  std::size_t first_of(Rank rank_of);
  void look();
  void meet_from(std::size_t first);
  void pass(duration by);

  // Stimuli.
  seen_request& ask(const question& what, std::string trace_id);
  void leave(seen_request& who);
  void obey(const order& what);
  void apply(const config& wanted);
  void note_places(const config& wanted);
  void note_version(const dependency_settings& of);

  std::deque<caf::resumable*>& jobs() { return scheduler_.jobs; }
  const std::deque<caf::resumable*>& jobs() const { return scheduler_.jobs; }

  template <class Each>
  void laws(Each each) {
    for (auto& x : code_) {
      each(*x);
      if (seen_.broken)
        return;
    }
  }

  std::uint64_t seed_;
  dice chance_;
  scenario plan_;
  sight seen_;
  trace log_;
  outside outside_;
  code code_ = all_laws();
  dice turns_;
  dice killer_;
  std::uint64_t epoch_ = 0; ///< of the actors' priorities
  bool storming_ = true;
  duration lagged_{};
  std::size_t kills_ = 0;
  std::uint32_t danger_ = 0;  ///< so many steps more
  std::size_t looked_at_ = 0; ///< attempts that the laws have seen

  metrics::registry metrics_;
  census census_;
  testing::silent_journal journal_;
  caf::actor_system_config config_;
  std::unique_ptr<caf::actor_system> system_;
  caf::scheduler::test_coordinator& scheduler_;
  std::size_t residents_;
  household household_;
  std::unique_ptr<caisson::tree> tree_;
};

} // namespace caisson::simulation
