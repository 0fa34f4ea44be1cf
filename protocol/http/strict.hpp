#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>
#include <string_view>

#include "actors/errors.hpp"
#include "protocol/http/head.hpp"

namespace caisson::http {

// The strict layer: what two parsers could read in two ways is refused, not
// repaired, since request smuggling lives on repairs. Rules: SPEC section 13
// and reference/reliability.md section 2.1; grammar: RFC 9110 and 9112. It
// stands around the general parser (server/http/head_parser.hpp), which alone
// lets half of the known attacks through.

/// Why a head or body is not served. After a refusal the place where the next
/// message begins is unknown: the connection must be closed.
struct refusal {
  unsigned status = 400;
  errc code = errc::validation_failed;
  /// A static sentence that repeats nothing of what was sent.
  std::string_view reason;
};

/// A client's request that breaks the rules: 400.
constexpr refusal bad_request(std::string_view reason) noexcept {
  return {400, errc::validation_failed, reason};
}

/// An upstream's reply that breaks the rules: a framing failure, 502.
constexpr refusal bad_reply(std::string_view reason) noexcept {
  return {502, errc::llm_error, reason};
}

/// Nothing, when all is well.
using verdict = std::optional<refusal>;

/// What a listener or an upstream connection puts up with, in bytes.
struct head_limits {
  std::size_t head = 16 * 1024;  ///< with the empty line; more is 431
  std::size_t target = 8 * 1024; ///< more is 414
  /// An announced body of more is 413; chunked bodies are counted as they come.
  std::uint64_t body = std::numeric_limits<std::uint64_t>::max();
};

/// Whether the character may be part of a token (RFC 9110 section 5.6.2):
/// method and field names, codings.
bool token_char(char c) noexcept;

/// The first control character at or after `from`, HTAB not counted but DEL
/// is; the size of `text` when there is none.
std::size_t find_control(std::string_view text, std::size_t from = 0) noexcept;

/// Judges the bytes of a request head (all of it, with the empty line) before
/// anyone interprets them: line ends, control characters, folded lines, the
/// shape of the request line and of field names. One empty line in front is
/// put up with (RFC 9112 section 2.2: old clients end a body with a CRLF too
/// many); it cannot be read in two ways. Underscores in field names are refused
/// because CGI-like servers behind us read `content_length` as its twin.
/// 400, or 505 for another version of HTTP.
verdict check_raw_head(std::string_view head) noexcept;

/// The same for a reply's head. Underscores and text beyond ASCII in the
/// reason phrase are harmless there. 502.
verdict check_raw_reply_head(std::string_view head) noexcept;

/// Judges a parsed request and fills in what follows from target and fields:
/// method, path, query, host, framing, keep-alive, expectation. Upgrades,
/// h2c among them, are ignored (RFC 9110 section 7.8 allows it).
/// 400, 405, 413, 414, 417, 501.
verdict check_request(request_head& head, const head_limits& limits) noexcept;

/// Judges a parsed reply to a request of method `asked` and fills in framing
/// and keep-alive. A refusal (502) is a framing failure of the upstream: its
/// connection is never used again.
verdict check_reply(response_head& head, verb asked) noexcept;

/// The refusal for a head that reached its limit before it ended: 414 while
/// still in the request line, else 431.
refusal oversized_head(std::string_view unfinished) noexcept;

/// Whether a value may be written into a head: no CR, LF, NUL or other control
/// character. Everything that goes out passes here, since Beast does not look.
bool safe_field_value(std::string_view value) noexcept;

/// Whether a field speaks of one connection only and is never forwarded (RFC
/// 9110 section 7.6.1): the well-known ones and all that a Connection field of
/// `fields` names, but never Authorization: a client must not be able to make
/// us drop credentials behind the back of who checked them.
bool hop_by_hop(std::string_view name, const field_list& fields) noexcept;

} // namespace caisson::http
