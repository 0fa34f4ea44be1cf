#pragma once

#include <optional>

#include "actors/call.hpp"
#include "actors/fault.hpp"
#include "tests/simulation/scenario.hpp"

namespace caisson::simulation {

/// What a dependency does with one attempt, in this order, each after its wait.
struct deed {
  enum class end : std::uint8_t { answer, fail, hang };

  /// The port breaks its promise and throws.
  bool throws = false;
  /// The head of the reply comes; unset: nothing does before the end.
  std::optional<millis> head;
  /// A stream's pieces, the first with its first token.
  std::uint32_t pieces = 0;
  millis pace{0};
  /// After so many pieces the client takes nothing for so long.
  std::optional<std::uint32_t> held_after;
  millis held_for{0};
  millis last{0};
  deed::end how = end::answer;
  fault why;
};

/// Draws what a dependency under that sky does.
deed draw_deed(weather sky, bool stream, const dependency_settings& of,
               dice& chance);

} // namespace caisson::simulation
