#pragma once

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <cstdlib>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

#include <rapidcheck.h>

#include "actors/call.hpp"
#include "actors/settings.hpp"
#include "tests/support/catch.hpp"

namespace caisson::laws {

/// What rapidcheck runs with. Without a seed in RC_PARAMS every run tells the
/// same story, so that a red build is the change's doing; `tools/laws` tells
/// others.
inline const rc::detail::TestParams& configured() {
  static const auto it = [] {
    auto given = std::getenv("RC_PARAMS");
    auto params = std::string{given ? given : ""};
    if (params.find("seed=") == std::string::npos)
      ::setenv("RC_PARAMS", (params + " seed=20261").c_str(), 1);
    return rc::detail::configuration().testParams;
  }();
  return it;
}

/// Checks a law with rapidcheck inside a Catch2 test case; a counterexample is
/// shrunk and shown. RC_PARAMS is heard: `seed`, and of `max_success` per cent
/// of the runs (rapidcheck's own number is 100).
template <class Law>
void holds(Law&& law, int runs = 200) {
  auto params = configured();
  params.maxSuccess = std::max(1, runs * params.maxSuccess / 100);
  auto result = rc::detail::checkTestable(std::forward<Law>(law),
                                          rc::detail::TestMetadata{}, params);
  std::ostringstream text;
  rc::detail::printResultMessage(result, text);
  INFO(text.str());
  CHECK(result.template is<rc::detail::SuccessResult>());
}

/// A number that is uniform from the first run on.
template <class T>
T pick(T low, T beyond) {
  return *rc::gen::resize(rc::kNominalSize, rc::gen::inRange<T>(low, beyond));
}

/// A tape of random words: a law reads its operations from it, so that a
/// counterexample shrinks to few and small words.
inline std::vector<std::uint32_t> tape(int longest = 200) {
  auto word = rc::gen::inRange<std::uint32_t>(0, 1u << 20);
  return *rc::gen::resize(longest,
                          rc::gen::container<std::vector<std::uint32_t>>(word));
}

/// Virtual time, from an arbitrary start.
inline time_point at(std::int64_t milliseconds) {
  return time_point{} + millis{milliseconds};
}

} // namespace caisson::laws
