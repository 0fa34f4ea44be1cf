#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "actors/settings.hpp"
#include "tests/simulation/dice.hpp"

/// What happens to a node from the outside in one run, drawn from its seed
/// before it begins. Times are virtual, from the start.
namespace caisson::simulation {

/// How a dependency behaves for a while.
enum class weather : std::uint8_t {
  fair,     ///< it answers soon
  failing,  ///< it fails, in ways that count against it
  limiting, ///< 429 and 529, with and without Retry-After
  silent,   ///< it says nothing
  slow,     ///< it answers about when patience ends
  cutting,  ///< replies begin and break off
  refusing, ///< it finds fault with the request, or with our key
  throwing, ///< its port throws: the worker crashes
  mixed,    ///< all of these
};

inline constexpr std::size_t weather_count = 9;

struct spell {
  millis from;
  weather what;
};

/// A client that asks, and perhaps does not wait for the answer.
struct question {
  millis at;
  std::size_t thread = 0;
  std::string model;
  std::uint64_t caller = 0;
  bool stream = false;
  bool idempotent = true;
  bool hurried = false;
  /// What it says; the same words crash every port where they are poison.
  std::uint64_t words = 0;
  bool poison = false;
  millis deadline{};
  std::optional<millis> leaves_after;
};

/// An operator sets the mode of a breaker.
struct order {
  millis at;
  std::string dependency;
  breaker_mode mode;
};

struct config {
  std::vector<dependency_settings> dependencies;
  std::vector<model_settings> models;
};

/// Another config holds from now on.
struct reload {
  millis at;
  config wanted;
};

/// Which of those that could work now does.
enum class schedule : std::uint8_t {
  anyone,     ///< each as likely
  priorities, ///< drawn for each actor, now and then anew
  first_come,
  last_come,
};

struct scenario {
  std::size_t threads = 1;
  config begins_with;
  /// For each dependency, in the order of their names' first use.
  std::vector<std::pair<std::string, std::vector<spell>>> skies;
  std::vector<question> questions;
  std::vector<order> orders;
  std::vector<reload> reloads;
  /// Actors killed at most, and how likely at each step, in a thousand.
  std::uint32_t kills = 0;
  std::uint32_t kill_share = 0;
  /// How likely a port cannot be made, in a thousand.
  std::uint32_t broken_ports = 0;
  schedule turns = schedule::anyone;
  /// How likely time passes although somebody could work, in a thousand.
  std::uint32_t lag_share = 0;
  /// When the last stimulus has been given.
  millis length{};
};

scenario make_scenario(dice chance);

} // namespace caisson::simulation
