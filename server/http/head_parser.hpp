#pragma once

#include <cstddef>
#include <string_view>

#include "protocol/http/head.hpp"
#include "protocol/http/strict.hpp"

namespace caisson::http {

// Heads from bytes. The general parser is Beast's, which is tested and fuzzed
// by many, fed from the buffer with callbacks that only note views (its field
// container costs twice as much: reference/proxy.md section 3). What it lets
// through wrongly is caught before and after it by protocol/http/strict.hpp.
// The only file that knows Beast is head_parser.cpp.

/// Returned when the head has not ended yet.
inline constexpr std::size_t no_head_end = std::string_view::npos;

/// The size of the head at the start of `buffer`, its empty line counted. A
/// line ended by LF alone counts as a line here, so that such a head reaches
/// parse_request_head and is refused at once and not by the header timeout.
/// `already_scanned` bytes gave no end before.
std::size_t find_head_end(std::string_view buffer,
                          std::size_t already_scanned = 0) noexcept;

/// Reads a request head; `raw` is all of it and nothing after it, as measured
/// by find_head_end. `out` is complete if nothing is refused, else unspecified;
/// it may have been used before. No heap, no exceptions.
/// Errors: those of check_raw_head and check_request; 431 for a head over the
/// limits; 400 for what Beast takes exception to.
verdict parse_request_head(std::string_view raw, const head_limits& limits,
                           request_head& out);

/// Reads the head of a reply to a request of method `asked`. Interim replies
/// (1xx) come out like others; the caller reads on after them. A refusal (502)
/// is a framing failure, and the connection must be closed.
verdict parse_response_head(std::string_view raw, const head_limits& limits,
                            verb asked, response_head& out);

} // namespace caisson::http
