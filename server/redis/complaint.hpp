#pragma once

#include <string_view>

#include <boost/system/error_code.hpp>

#include "actors/fault.hpp"

namespace caisson::redis {

/// The first word of what a Redis complains about, which names the sort:
/// "WRONGTYPE". Only this may stand in a log: the rest may quote keys.
std::string_view sort_of(std::string_view complaint) noexcept;

/// An error reply as a fault (reference/reliability.md section 3, row 23):
/// what says that the server is not well is a failure, what is about the
/// command itself is `refused` and counts against nobody.
fault fault_of(std::string_view complaint);

/// The server has no right to be asked any more: it has become a replica, or
/// lost its master.
bool demoted(std::string_view complaint) noexcept;

/// The end of a connection with replies owed.
fault broken(const boost::system::error_code& why);

/// A connection that could not be made, in this family's words.
fault unreachable(const fault& dialled);

} // namespace caisson::redis
