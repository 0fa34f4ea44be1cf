#pragma once

#include <algorithm>
#include <chrono>
#include <cmath>
#include <random>

namespace bench {

/// How long a model takes: lognormal about a median. A sigma of 0.7 puts p95 at
/// 3.2 times the median and p99 at 5.1 times. None takes longer than ten times
/// the median, so that a run comes to its end. The same draws in each process.
class delays {
public:
  std::chrono::nanoseconds next(std::chrono::milliseconds median) {
    auto factor = std::min(std::exp(sigma * normal_(random_)), 10.0);
    return std::chrono::duration_cast<std::chrono::nanoseconds>(median
                                                                * factor);
  }

private:
  static constexpr double sigma = 0.7;

  std::mt19937_64 random_{1};
  std::normal_distribution<double> normal_;
};

} // namespace bench
