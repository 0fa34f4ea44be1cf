#pragma once

#include <cstdint>
#include <map>
#include <string>

#include "actors/call.hpp"

namespace caisson {

/// What a node says of a breaker of its own.
struct breaker_word {
  /// It has opened, on what this node saw itself; else it has closed.
  bool open = false;
  /// Openings without a close in between are of one episode, and an episode's
  /// number is no earlier one's.
  std::uint32_t episode = 0;
  /// How much longer it refuses; of an open one.
  duration left{};
};

/// What other nodes say of the dependency that a breaker guards, and what is
/// left of it: a word stands until its speaker takes it back or is gone, or
/// until this node has found out better by itself.
///
///   says "open" ──► stands ──► says "closed", gone ──► nothing
///                     │                                    ▲
///                     └── a probe of ours succeeds ──► overruled, for as
///                                                      long as the episode
///                                                      lasts
///
/// So a node that alone cannot reach a dependency costs each of the others one
/// probe an episode, however often its breaker opens in it.
class hearsay {
public:
  /// True: this is a reason to doubt, and was none before. `share`, 0 to 1,
  /// spreads those who heard the same: each waits for a twentieth to a quarter
  /// longer than the speaker, who probes first.
  bool heard(const std::string& who, const breaker_word& what, double share,
             time_point now);

  /// That node is gone, and what it said with it.
  void gone(const std::string& who) { said_.erase(who); }

  /// This node has found the dependency well.
  void overrule();

  /// Whether any word stands.
  bool doubts() const noexcept;

  /// Until when those whose words stand refuse; the distant past: nobody.
  time_point until() const noexcept;

private:
  struct word {
    std::uint32_t episode = 0;
    time_point until{};
    bool overruled = false;
  };

  std::map<std::string, word> said_; ///< by speaker; bounded by the cluster
};

} // namespace caisson
