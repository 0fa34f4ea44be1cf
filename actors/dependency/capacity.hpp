#pragma once

#include <optional>

#include "actors/dependency/compartment.hpp"
#include "actors/messages.hpp"
#include "actors/policies/adaptive_limit.hpp"
#include "actors/policies/ramp.hpp"
#include "actors/settings.hpp"

namespace caisson {

/// How many calls a dependency bears now: `concurrency`, or fewer while its
/// latency says so (`adaptive`), or while it comes back after an outage
/// (`ramp_up`). The gate takes the lowest of them.
class capacity {
public:
  capacity(compartment_ptr where, const dependency_settings& settings);

  void reconfigure(const dependency_settings& settings);

  /// An attempt has ended.
  void note(const attempt_outcome& x, time_point now);

  /// The breaker has closed: come back slowly.
  void closed(time_point now);

  /// Sets the gate. True: it rises with time, ask again soon.
  bool apply(time_point now);

private:
  void note_pace(const attempt_outcome& x, time_point now);

  compartment_ptr where_;
  std::uint32_t full_;
  bool adaptive_;
  millis ramp_up_;
  adaptive_limit limit_;
  std::optional<ramp> ramp_;
  double service_ns_ = 0; ///< moving average
  time_point published_{};
};

} // namespace caisson
