#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

#include <caf/meta/type_name.hpp>
#include <caf/replies_to.hpp>
#include <caf/typed_actor.hpp>

namespace caisson {

// What crosses to other nodes about limits (`limits.store` = "cluster"). Times
// are lengths, in microseconds: no two nodes share a clock. Numbers of another
// node are held to the form where they are read (`actors/limits/quota`).

inline constexpr std::uint16_t quota_version = 1;

/// Nobody waits longer for another node: what is left of 50 ms is for the way.
inline constexpr std::chrono::milliseconds quota_patience{40};

/// A charge, see actors/limits/charge.hpp.
struct quota_line {
  std::uint8_t what = 0;
  std::uint8_t slot = 0;
  std::uint64_t most = 0;
  std::uint64_t span = 0;
  std::uint64_t cost = 0;
};

/// What the sender has let in of one of the lines, the last of it `age` ago.
struct quota_portion {
  std::uint8_t line = 0;
  std::uint64_t count = 0;
  std::uint64_t age = 0;
};

/// May a client that has come to the sender go on? To the node that keeps its
/// windows.
struct quota_question {
  std::uint16_t version = quota_version;
  std::string name; ///< of the sender
  std::uint64_t high = 0;
  std::uint64_t low = 0; ///< both: the client, see limit_key
  bool known = false;
  std::vector<quota_line> what;
  /// So many such requests at a time would be welcome; 0: nothing is asked, and
  /// the sender only tells of the past.
  std::uint32_t units = 1;
  /// Bit I: all that the sender has let in of line I is in `past`, and is to
  /// replace what its keeper remembers of it.
  std::uint8_t told = 0;
  std::vector<quota_portion> past;
};

enum class quota_verdict : std::uint8_t {
  not_mine, ///< who was asked does not keep that client's windows
  granted,
  refused,
  noted, ///< what was told is believed; nothing was asked
};

struct quota_answer {
  std::uint16_t version = quota_version;
  std::uint8_t verdict = 0;
  std::uint32_t units = 0; ///< granted, this request included
  /// The limit that is told of, see standing.
  std::uint8_t what = 0;
  std::uint64_t limit = 0;
  std::uint64_t remaining = 0;
  std::uint64_t whole_in = 0;
  std::uint64_t retry_after = 0;
};

/// Who keeps a client's windows has not done so for long: what has come in
/// through others of these limits? They answer by a question for nothing.
struct quota_recall {
  std::uint16_t version = quota_version;
  std::string name;
  std::uint64_t high = 0;
  std::uint64_t low = 0;
  std::vector<quota_line> what;
};

/// A charge was too much or too little; `what` has what was charged, and when.
struct quota_change {
  std::uint16_t version = quota_version;
  std::string name;
  std::uint64_t high = 0;
  std::uint64_t low = 0;
  std::vector<quota_line> what;
  std::vector<std::uint64_t> used; ///< of each line
  std::uint64_t age = 0;
};

template <class Inspector>
auto inspect(Inspector& f, quota_line& x) {
  return f(caf::meta::type_name("quota_line"), x.what, x.slot, x.most, x.span,
           x.cost);
}
template <class Inspector>
auto inspect(Inspector& f, quota_portion& x) {
  return f(caf::meta::type_name("quota_portion"), x.line, x.count, x.age);
}
template <class Inspector>
auto inspect(Inspector& f, quota_question& x) {
  return f(caf::meta::type_name("quota_question"), x.version, x.name, x.high,
           x.low, x.known, x.what, x.units, x.told, x.past);
}
template <class Inspector>
auto inspect(Inspector& f, quota_answer& x) {
  return f(caf::meta::type_name("quota_answer"), x.version, x.verdict, x.units,
           x.what, x.limit, x.remaining, x.whole_in, x.retry_after);
}
template <class Inspector>
auto inspect(Inspector& f, quota_recall& x) {
  return f(caf::meta::type_name("quota_recall"), x.version, x.name, x.high,
           x.low, x.what);
}
template <class Inspector>
auto inspect(Inspector& f, quota_change& x) {
  return f(caf::meta::type_name("quota_change"), x.version, x.name, x.high,
           x.low, x.what, x.used, x.age);
}

/// Who keeps windows that belong to other nodes' clients too.
using quota_keeper_actor = caf::typed_actor<
  // Decides, if it keeps them.
  caf::replies_to<quota_question>::with<quota_answer>,
  // Corrects what was charged.
  caf::replies_to<quota_change>::with<quota_answer>,
  // Tells the keeper what has come in here.
  caf::reacts_to<quota_recall>>;

} // namespace caisson
