#pragma once

#include <string>
#include <string_view>

#include "protocol/chat_request.hpp"

namespace caisson::protocol {

/// Whether the answer to a request is one that may be given again: it is exact
/// (`temperature` 0), or the client says `"cache": true`; never where it says
/// false, nor where several answers are asked for.
bool cacheable(const chat_request& request) noexcept;

/// A request in a form that is the same for all that have the same answer, and
/// for no others (law C3). Order of members, blanks and the spelling of
/// strings do not matter, nor does what changes only how the answer is sent
/// (`stream`, `stream_options`) or what is noted beside it (`user`, `metadata`,
/// `store`, …); everything else does, fields that nobody here knows included.
///
/// Of a client that speaks another dialect it is the request as it came: what
/// passes by OpenAI's words to a provider of that dialect changes the answer
/// too, and so does the dialect itself, in which such a provider's answer
/// holds more. There `stream` matters.
std::string canonical(const chat_request& request);

} // namespace caisson::protocol
