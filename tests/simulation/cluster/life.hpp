#pragma once

#include <array>
#include <map>
#include <memory>
#include <set>
#include <vector>

#include "tests/simulation/cluster/fleet.hpp"
#include "tests/simulation/cluster/inquiries.hpp"
#include "tests/simulation/simulation.hpp"

namespace caisson::simulation {

/// A question about a limit, and what came of it.
struct quota_asked {
  std::size_t node = 0;
  std::size_t client = 0;
  time_point at{};
  std::optional<time_point> answered;
  bool passed = false;
  limit_source source{};
  std::int64_t spent_at = 0;
  bool lost = false; ///< dropped by who should have answered
  int answers = 0;
};

/// A client of the cluster: its key and its limit.
struct quota_client {
  limit_key who;
  charges what;
  std::uint64_t most = 0;
  std::vector<time_point> passed{};
  /// What came in through nodes that have never crashed.
  std::vector<time_point> known{};
};

/// An order to forget.
struct forget_given {
  std::size_t by = 0;
  time_point at{};
  std::uint64_t number = 0;
};

/// One run of a cluster: a storm of faults, a calm in which all must be whole
/// again, and the laws of both. All of it follows from the seed.
class life {
public:
  life(std::uint64_t seed, bool keep_trace);
  report result();

private:
  // life.cpp: what happens.
  void storm();
  void calm();
  void burst();
  void reserve();
  void fault();
  void crash(std::size_t i, duration for_long);
  void stop(std::size_t i, duration for_long);
  void split(duration for_long);
  void deafen(std::size_t from, std::size_t to, duration for_long);
  void ask(std::size_t client, std::size_t node);
  void look_up();
  void once_for_all();
  void give_order();
  void give_forget();
  void pass(duration by);
  void know_without(std::size_t node);
  void disturb(std::size_t i);
  void disturb(std::size_t i, std::size_t j);
  std::size_t anybody() { return chance_.below(all_.size()); }
  std::optional<std::size_t> somebody_who_runs();
  void note(std::uint64_t key, std::string line);

  // laws.cpp: what must hold.
  void heard(quota_asked& what);
  void look();
  void look_at_limits(time_point from, std::uint64_t times);
  void look_at_a_death();
  void look_at_orders();
  void look_at_questions();
  std::uint64_t bound_of(const quota_client& who) const;
  void broken(std::string_view law, std::string how);

  class listener;

  std::uint64_t seed_;
  dice chance_;
  trace log_;
  fleet all_;
  inquiries fetches_;
  std::vector<quota_client> clients_;
  std::vector<std::shared_ptr<quota_asked>> asked_;
  std::vector<forget_given> forgets_;
  bool storming_ = true;
  std::size_t faults_ = 0;
  std::size_t changes_ = 0; ///< faults that may change who keeps windows
  std::set<std::size_t> crashed_;
  std::array<std::array<time_point, most_nodes>, most_nodes> undisturbed_{};
  std::array<time_point, most_nodes> halted_{}; ///< machines that were stopped
  std::optional<sight::breach> broken_;
};

} // namespace caisson::simulation
