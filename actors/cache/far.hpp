#pragma once

#include "actors/cache/fetching.hpp"

namespace caisson {

// The steps of a value on its way that lead to other nodes, for the sources of
// the shard alone: who of all fetches it, who else waits for what this node
// fetches, and what is heard of another's fetching.

// -- who fetches --------------------------------------------------------------

/// Asks the node that keeps the key, if `question` is still that of its
/// fetching; where nobody can say, or not in time, the next of those who wait
/// fetches for this node. `over` is called when that is known.
void ask_keeper(cache_self self, const std::string& key, std::uint64_t question,
                claim_reach how, const std::function<void()>& over);

/// Holds what the keeper knows of this node's claim for another lease.
void renew_at_keeper(cache_self self, const std::string& key,
                     const std::string& token);

/// Lets it go.
void release_at_keeper(cache_self self, const std::string& key,
                       const std::string& token);

/// As the keeper: another node claims, lets go.
flight_grant on_claim(cache_self self, const flight_claim& x);
void on_release(cache_self self, const flight_release& x);

// -- who else waits -----------------------------------------------------------

/// Another node waits for what is fetched here, and waits no more.
void on_follow(cache_self self, const flight_follow& x);
void on_leave(cache_self self, const flight_leave& x);

// -- what another fetches -----------------------------------------------------

/// Listens to who has that token. False: it is on no node that could be heard.
bool follow(cache_self self, const std::string& key, fetching& from,
            const std::string& token);

/// Another waits here: where he is the first who wants a stream, it is asked
/// for.
void follow_stream(cache_self self, const std::string& key, fetching& from);

/// Nobody waits for it here any more.
void stop_following(cache_self self, const std::string& key, fetching& from);

void on_news(cache_self self, const flight_news& x);

/// A node is not heard any more: what it had goes to others, what it waited
/// for is not told it.
void on_gone(cache_self self, const speaker_gone& x);

} // namespace caisson
