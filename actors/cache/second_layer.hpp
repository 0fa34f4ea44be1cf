#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "actors/cache/value.hpp"
#include "actors/fault.hpp"
#include "actors/settings.hpp"
#include "actors/stores/key_value.hpp"

namespace caisson {

// What the cache says to the shared store, and how it reads the answers. Beside
// each value stands a **claim**: who fetches it at present. It ends with its
// lease, so that a dead node is replaced; and only who holds the claim may
// store, so that what was fetched before an invalidation, which takes claims
// away too, is never stored after it (law C4, over all nodes).
//
//   KEY          the value (stored_form.hpp)
//   {KEY}:claim  the token of who fetches; or, for a second, why it failed

/// How long a claim holds unless it is renewed.
inline constexpr millis claim_lease{5'000};

extern const kv_script claim_script;
extern const kv_script renewal_script;
extern const kv_script deposit_script;
extern const kv_script release_script;

/// What there is, and whose turn it is; one round trip.
struct claim_answer {
  enum class kind : std::uint8_t {
    fresh,  ///< `value` holds for `left`
    mine,   ///< nothing fresh: the claim is the asker's now
    theirs, ///< nothing fresh: `holder` fetches it
    failed, ///< whom the asker waited for has failed with `why`
  };
  claim_answer::kind how = kind::mine;
  cached_ptr value; ///< may be stale where `how` is not `fresh`
  millis left{};
  std::string holder;
  fault why;
  bool garbage = false; ///< there was something that is no value
};

/// Which claims of others give way to one's own.
enum class claim_reach : std::uint8_t {
  none,       ///< who was first has it
  waited_for, ///< that of the holder that was waited for: he is lost
  any,        ///< all of them, and the value as well
};

/// Asks for a value, and for the claim where there is none. `waited_for`: the
/// holder that was named last time, or empty.
kv_question claim_of(const std::string& key, const std::string& token,
                     const std::string& waited_for, claim_reach how);
std::optional<claim_answer> read_claim(const kv_value& answer);

/// Asks for a value only. The answer reads like that to `claim_of`; whatever is
/// not `fresh` is not to be had.
kv_question look_of(const std::string& key);

/// Holds the claim for another lease, if it is still the token's.
kv_question renewal_of(const std::string& key, const std::string& token);

/// Stores a value and gives the claim back; does neither where the claim is
/// not the token's any more. `ttl` without the stale end. The store answers 1,
/// or 0.
kv_question deposit_of(const std::string& key, const std::string& token,
                       const cached_value& value, millis ttl, millis stale_for);

/// Gives the claim back. With a fault, those on other nodes who wait for the
/// token hear of it; others never do.
kv_question release_of(const std::string& key, const std::string& token,
                       const fault* why);

/// Deletion by prefix, step by step: SCAN for values and claims, UNLINK what
/// was found, key by key, as each may be in another slot of a cluster. Never
/// KEYS, never FLUSHDB. `server`: see kv_question.
kv_question scan_of(const std::string& prefix, bool claims, std::size_t server,
                    const std::string& cursor);

struct scan_answer {
  std::string next; ///< "0": that was all
  std::vector<std::string> keys;
};
std::optional<scan_answer> read_scan(const kv_value& answer);

kv_question unlink_of(const std::string& key);

/// Where nodes tell one another what does not hold any more; the message is
/// the prefix.
inline constexpr std::string_view invalidation_channel
  = "caisson:cache:invalidated";

kv_question announcement_of(const std::string& prefix);

} // namespace caisson
