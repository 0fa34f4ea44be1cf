#pragma once

#include <memory>
#include <optional>
#include <vector>

#include "actors/dependency/compartment.hpp"
#include "actors/house.hpp"
#include "actors/messages.hpp"
#include "actors/policies/breaker.hpp"

namespace caisson {

/// The breakers of one dependency, one for each slot of its compartment: what
/// the dependency supervisor judges by. It alone writes them; callers see what
/// was published.
class breakers {
public:
  /// Takes up what the compartment retained of an earlier supervisor's.
  breakers(std::shared_ptr<const house> home, compartment_ptr where,
           const breaker_settings& settings, std::uint64_t seed);

  std::optional<breaker_permit> admit(std::uint16_t slot, time_point now);
  void record(const attempt_outcome& x, time_point now);

  /// The right to probe goes back unused.
  void take_back(breaker_permit permit, time_point now);

  breaker_mode mode() const { return settings_.mode; }
  void set_mode(breaker_mode mode);
  void reconfigure(const breaker_settings& settings);

  bool refuses_at(std::uint16_t slot, time_point when);
  time_point refuses_until(std::uint16_t slot);

  /// To be called after everything that may have changed one: reports the
  /// transitions, publishes. True: one of them has closed.
  bool publish();

private:
  breaker& of(std::uint16_t slot);
  void report(std::uint16_t slot, breaker_transition change);

  std::shared_ptr<const house> home_;
  compartment_ptr where_;
  breaker_settings settings_;
  std::uint64_t seed_;
  std::vector<std::unique_ptr<breaker>> list_;
};

} // namespace caisson
