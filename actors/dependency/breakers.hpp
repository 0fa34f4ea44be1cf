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

  /// Another node has said that of one of them. `share`: see hearsay.
  void hear(const breaker_rumour& news, double share, time_point now);

  /// That node says nothing any more.
  void forget(const std::string& node);

  /// Half-open for somebody's word alone: who may not probe waits.
  bool doubted(std::uint16_t slot) { return of(slot).now.doubted(); }

  bool refuses_at(std::uint16_t slot, time_point when);
  time_point refuses_until(std::uint16_t slot);

  /// To be called after everything that may have changed one: reports the
  /// transitions, to other nodes too, publishes. True: one that this node had
  /// opened has closed.
  bool publish(time_point now);

private:
  /// One of them, what others say of it, and what they were told.
  struct judge {
    breaker now;
    hearsay others;
    std::uint32_t episode = 0; ///< of being open; 0: it is not, or by hearsay
    bool told = false;         ///< others have it that it is open
  };

  judge& of(std::uint16_t slot);
  void heed(judge& one);
  void report(std::uint16_t slot, breaker_transition change);
  void tell(judge& one, std::uint16_t slot, bool opened, time_point now);
  bool note(judge& one, breaker_transition change);

  std::shared_ptr<const house> home_;
  compartment_ptr where_;
  breaker_settings settings_;
  std::uint64_t seed_;
  std::vector<std::unique_ptr<judge>> list_;
};

} // namespace caisson
