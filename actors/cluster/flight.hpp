#pragma once

#include <chrono>
#include <cstdint>
#include <string>

#include <caf/meta/type_name.hpp>
#include <caf/replies_to.hpp>
#include <caf/typed_actor.hpp>

#include "actors/messages.hpp"

namespace caisson {

// What crosses to other nodes about values that are fetched once for all of
// them. Keys are those of the cache, with the tenant in them; a token names one
// node's fetching of one key. Words of another node are held to the form where
// they are read.
//
//   who misses ══claim══► keeper of the key        "yours": it fetches
//       │                                          "theirs": T fetches
//       └══follow══► who fetches (T) ══news══► events, then how it ended

inline constexpr std::uint16_t flight_version = 1;

/// Nobody waits longer for a keeper: then it fetches for itself.
inline constexpr std::chrono::milliseconds claim_patience{40};

/// A longer text crosses in pieces.
inline constexpr std::size_t longest_flight_text = std::size_t{512} << 10;

/// May the sender fetch it? To the node that keeps the key.
struct flight_claim {
  std::uint16_t version = flight_version;
  std::string name; ///< of the sender
  std::string key;
  std::string token;
  /// Who was said to fetch it and does not; or empty.
  std::string instead_of;
  std::uint32_t lease_ms = 0;
};

/// The token of who fetches it; empty: who was asked does not know.
struct flight_grant {
  std::uint16_t version = flight_version;
  std::string holder;
};

/// It does not fetch it any more. To the keeper.
struct flight_release {
  std::uint16_t version = flight_version;
  std::string name;
  std::string key;
  std::string token;
};

/// It waits for what the receiver fetches. Said again it holds anew, from the
/// beginning, and what is told bears the new number.
struct flight_follow {
  std::uint16_t version = flight_version;
  std::string name;
  std::string key;
  std::string token;
  std::uint64_t number = 0;
  bool streams = false; ///< somebody there wants to hear it as it comes
};

/// It waits no more.
struct flight_leave {
  std::uint16_t version = flight_version;
  std::string name;
  std::string key;
  std::string token;
};

/// How the fetching goes that somebody follows.
enum class flight_step : std::uint8_t {
  followed,  ///< the sender will tell how it goes
  events,    ///< `text` is more of the stream
  value,     ///< `text` is the value, in its stored form
  unsayable, ///< done, but the value cannot be handed to anybody
  failed,    ///< `text` is the fault, in its stored form
  lost,      ///< whoever fetched it is gone
  unknown,   ///< nothing of that token is fetched here
};

inline constexpr std::uint8_t flight_step_count = 7;

struct flight_news {
  std::uint16_t version = flight_version;
  std::string name;
  std::string key;
  std::string token;
  std::uint64_t number = 0; ///< of the follow
  std::uint8_t what = 0;
  bool more = false; ///< the text goes on in the next
  std::string text;
  /// Of a stream: who says it.
  std::string source;
  std::string model;
  /// Of a value: others may have it later, for so long.
  bool keep = false;
  std::uint32_t ttl_ms = 0;
  /// Of the end of a stream: what it took, as far as it is known.
  bool counted = false;
  std::uint64_t input = 0;
  std::uint64_t output = 0;
  std::uint64_t cached_input = 0;
};

/// To who wants to follow what is not fetched.
inline flight_news nothing_fetched(const flight_follow& x) {
  flight_news out;
  out.key = x.key;
  out.token = x.token;
  out.number = x.number;
  out.what = static_cast<std::uint8_t>(flight_step::unknown);
  return out;
}

template <class Inspector>
auto inspect(Inspector& f, flight_claim& x) {
  return f(caf::meta::type_name("flight_claim"), x.version, x.name, x.key,
           x.token, x.instead_of, x.lease_ms);
}
template <class Inspector>
auto inspect(Inspector& f, flight_grant& x) {
  return f(caf::meta::type_name("flight_grant"), x.version, x.holder);
}
template <class Inspector>
auto inspect(Inspector& f, flight_release& x) {
  return f(caf::meta::type_name("flight_release"), x.version, x.name, x.key,
           x.token);
}
template <class Inspector>
auto inspect(Inspector& f, flight_follow& x) {
  return f(caf::meta::type_name("flight_follow"), x.version, x.name, x.key,
           x.token, x.number, x.streams);
}
template <class Inspector>
auto inspect(Inspector& f, flight_leave& x) {
  return f(caf::meta::type_name("flight_leave"), x.version, x.name, x.key,
           x.token);
}
template <class Inspector>
auto inspect(Inspector& f, flight_news& x) {
  return f(caf::meta::type_name("flight_news"), x.version, x.name, x.key,
           x.token, x.number, x.what, x.more, x.text, x.source, x.model, x.keep,
           x.ttl_ms, x.counted, x.input, x.output, x.cached_input);
}

/// Who keeps keys that others fetch too, fetches for others, and follows.
using flight_desk_actor = caf::typed_actor<
  // Says who fetches, if it keeps the key.
  caf::replies_to<flight_claim>::with<flight_grant>,
  // Notes that nobody does.
  caf::reacts_to<flight_release>,
  // Tells the sender how it goes, too.
  caf::reacts_to<flight_follow>,
  // Tells it no more.
  caf::reacts_to<flight_leave>,
  // Passes on what another fetches.
  caf::reacts_to<flight_news>,
  // Forgets what that node had and waited for.
  caf::reacts_to<speaker_gone>>;

} // namespace caisson
