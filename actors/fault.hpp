#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include <boost/system/result.hpp>

#include "actors/errors.hpp"

namespace caisson {

/// How an attempt failed, seen from the wire. The values are the
/// `exception_type` label of `circuit_breaker_failures_total` and
/// `retry_attempt_counter`; source: reference/reliability.md section 3.
enum class failure_kind : std::uint8_t {
  none,    ///< not a failure of an attempt
  connect, ///< connection refused or unreachable
  dns,     ///< the name did not resolve
  tls,     ///< handshake or certificate refused
  connect_timeout,
  first_byte_timeout,
  body_timeout, ///< the reply came too slowly to end in time
  idle_timeout, ///< a stream fell silent
  eof,          ///< closed before the reply began
  reset,        ///< reset before the reply began
  framing,      ///< truncated or malformed HTTP
  decode,       ///< well-framed nonsense
  too_large,    ///< beyond the reply's size cap
  rate_limited, ///< 429
  overloaded,   ///< 529, or 503 with Retry-After
  server_error, ///< other 5xx, 408
  credentials,  ///< 401, 403: our key is bad
  refused,      ///< other 4xx: about the request itself
  crash,        ///< an actor of ours died with the attempt
};

inline constexpr std::size_t failure_kind_count = 19;

std::string_view name_of(failure_kind kind) noexcept;

/// A failure as it travels between actors. `detail` is a safe sentence for
/// people: it never holds hosts, paths, keys or upstream text.
struct fault {
  errc code = errc::unexpected;
  failure_kind kind = failure_kind::none;
  std::string detail;
  /// The dependency it happened at; empty when none was involved.
  std::string dependency;
  /// How long a client or a retry should wait; nothing when unknown.
  std::optional<std::chrono::milliseconds> retry_after;
  /// `param` of OpenAI's envelope: the offending field, if one is known.
  std::string param;
};

/// Makes a fault that involves no dependency.
inline fault make_fault(errc code, std::string detail) {
  fault result;
  result.code = code;
  result.detail = std::move(detail);
  return result;
}

/// Makes a fault of an attempt.
inline fault make_fault(errc code, failure_kind kind, std::string detail) {
  fault result;
  result.code = code;
  result.kind = kind;
  result.detail = std::move(detail);
  return result;
}

/// What a breaker, a retry and a metric see of an attempt.
enum class outcome : std::uint8_t {
  success,
  failure,   ///< counts against the dependency
  ignored,   ///< the client's own fault, or our key's: no verdict on health
  cancelled, ///< nobody waits for the answer any more
};

/// The one place that says which faults count against a dependency (SPEC
/// section 4: 4xx other than 408 and 429, cancellation and own rejections do
/// not).
outcome outcome_of(const fault& what) noexcept;

/// Whether another attempt can help: a classified-transient failure.
bool transient(const fault& what) noexcept;

/// Whether the dependency asks for less load (429, 529, 503 + Retry-After).
bool overload(const fault& what) noexcept;

/// Whether nothing of the request can have reached the peer's application: it
/// may be sent again even if it has effects.
bool surely_unsent(const fault& what) noexcept;

/// A value or a fault. Reading the value of a fault is a bug and throws.
template <class T>
using result = boost::system::result<T, fault>;

/// Found by boost::system::result: reading a value that is not there.
[[noreturn]] void throw_exception_from_error(const fault& what,
                                             const boost::source_location&);

} // namespace caisson
