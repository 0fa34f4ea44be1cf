#pragma once

#include <string>

#include "actors/call.hpp"
#include "protocol/dialect.hpp"
#include "server/upstream/origin.hpp"

namespace caisson::upstream {

/// Whether a request of a dialect may be sent: its target is a path, and its
/// fields are whole lines that can neither end the head nor change what we say
/// of host, framing and connection.
bool well_formed(const protocol::upstream_request& what) noexcept;

/// Whether a key may stand in a field: visible characters only, for a line end
/// in a secret's file would make a field of its own.
bool usable_key(std::string_view api_key) noexcept;

/// Writes the head of a request into `out`, replacing what was there. Says
/// `traceparent` when the call has proper ids, and never `Expect`.
void compose_head(const origin& where, const protocol::upstream_request& what,
                  const call& from, std::string& out);

} // namespace caisson::upstream
