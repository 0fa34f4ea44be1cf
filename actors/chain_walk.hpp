#pragma once

#include <cstdint>
#include <string_view>

#include "actors/front_end.hpp"

// The steps of a request along its chain, each of which leaves it in a state of
// the diagram in front_end.hpp. After those that say so it is gone.

namespace caisson {

using front_end_self = front_end_actor::stateful_pointer<front_end_state>;

/// The first step along the chain: `move_on`, and a hedge where one is due.
void set_out(front_end_self self, std::uint64_t id);

/// Sends the call to the next target that lets it in, if there is still time;
/// where none does it fails with the last cause, and is gone.
void move_on(front_end_self self, std::uint64_t id, fault last);

/// A stream was cut after its client had some of it: it goes on at the next
/// target, or ends with an error event and is gone.
void cut(front_end_self self, std::uint64_t id, const fault& why);

/// The job was lost with the actor that had it: not its dependency's failure.
/// True: it is put again, elsewhere or here.
bool recover(front_end_self self, std::uint64_t id, const job_finished& x);

/// It has waited for its turn to be put again.
void put_again(front_end_self self, std::uint64_t id);

/// Asks a target for a place.
entry enter(const request& r, const target& to, time_point now);

/// Hands the call to a target that has let it in.
void dispatch(front_end_self self, std::uint64_t id, const target& to,
              ticket place);

/// Tells the client that the request failed. It is gone.
void fail(front_end_self self, std::uint64_t id, const fault& why);

/// Does something with a request later, and nothing else.
void put_off(front_end_self self, request& r, request::errand what,
             time_point due);

/// Ends a request; jobs that still run for it are not wanted any more. It is
/// gone.
void forget(front_end_self self, std::uint64_t id);

/// Gives one job of a request up.
void cancel(front_end_self self, request::lane& which);

/// Whether a stream of it that dies in its middle goes on elsewhere.
bool fails_over(const request& r);

/// Jobs that run for the request.
std::uint32_t under_way(const request& r);

/// Whether requests of the same words have crashed actors too often.
bool set_aside(front_end_self self, const request& r);

/// An actor crashed with that request in its hands: told each time, whether
/// its lane was still wanted or not.
void note_crash(front_end_self self, const request& r);

/// What is to be done later is looked at by then, at most 20 ms late.
void look_at(front_end_self self, time_point due);

/// Counts one of a family with two labels.
void count(front_end_self self, const metrics::family& what,
           std::string_view where, std::string_view how);

} // namespace caisson
