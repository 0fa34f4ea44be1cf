#pragma once

#include <cstdint>
#include <string_view>

namespace caisson {

/// Everything that can go wrong, as a client may be told of it. One enum, one
/// name table (errors.cpp), one translation to the wire (protocol/faults.cpp).
/// Numbers are never reused; every fifth is written so that a code is found by
/// eye. Source of names and families: SPEC section 7.
enum class errc : std::uint8_t {
  /// A required setting is absent.
  config_missing = 0,
  /// A setting has a value that cannot be used.
  config_invalid,
  /// A secret reference (`env:`, `file:`) leads nowhere.
  config_secret_not_found,
  /// The credentials shown are missing or wrong.
  auth_invalid_credentials,
  /// The request's shape is not what the endpoint takes.
  validation_failed,
  /// The body is not JSON, or not JSON of the shape asked for.
  validation_schema = 5,
  /// A value is out of its allowed range.
  validation_constraint,
  /// The body is larger than `http.max_body`.
  validation_body_too_large,
  /// The content type is not one the endpoint reads.
  validation_unsupported_media,
  /// The head is larger than `http.max_header`, or has too many fields.
  validation_headers_too_large,
  /// No such path.
  validation_not_found = 10,
  /// The path exists, the method does not.
  validation_method_not_allowed,
  /// The provider answered with a fault or with nonsense.
  llm_error,
  /// The provider's own limit was reached; ours to handle, not the client's.
  llm_rate_limited,
  /// The provider was silent for too long.
  llm_timeout,
  /// The provider says that it is overloaded (529, 503).
  llm_overloaded = 15,
  /// Nobody here serves a model of that name.
  llm_model_not_found,
  /// The provider refused the request itself (its 4xx about the content).
  llm_refused,
  /// The provider could not be reached.
  llm_unavailable,
  /// The breaker of the dependency is open.
  circuit_breaker_open,
  /// Every allowed attempt was made and failed.
  retry_exhausted = 20,
  /// The request's deadline passed.
  deadline_exceeded,
  /// The bulkhead is full, or the wait in it took too long.
  bulkhead_rejected,
  /// The node is over its connection limit or about to end.
  shutting_down,
  /// A bug of ours.
  unexpected,
  /// Understood, but deliberately not supported by this node.
  not_implemented = 25,
  /// The caller has used up a limit of requests or tokens.
  rate_limit_exceeded,
  /// The caller has used up a budget of money.
  quota_exceeded,
  /// The shared key-value store answered with an error or with nonsense.
  redis_error,
  /// The shared key-value store did not answer in time.
  redis_timeout,
  /// The shared key-value store could not be reached.
  redis_unavailable = 30,
  /// An upstream MCP server answered with a fault or with nonsense.
  mcp_error,
  /// An upstream MCP server did not answer in time.
  mcp_timeout,
  /// An upstream MCP server could not be reached.
  mcp_unavailable,
  /// The database gave an answer that is none.
  storage_error,
  /// The database did not answer in time, or somebody else keeps it locked.
  storage_timeout = 35,
  /// The database could not be reached.
  storage_unavailable,
  /// The database cannot take or give what it is asked: it is full, may not be
  /// written, cannot be opened.
  storage_backend,
  /// The database is damaged.
  storage_integrity,
};

inline constexpr std::size_t errc_count = 39;

/// Whether asking again can help: `conditional` means "after `retry_after`".
enum class retry_advice : std::uint8_t { never, always, conditional };

/// The code as clients see it, for example `resilience.circuit_breaker_open`.
std::string_view name_of(errc code) noexcept;

/// The family of the code, the part before the first dot of its name, in the
/// words of SPEC section 7 (`external`, `resilience`, …); a metric label.
std::string_view category_of(errc code) noexcept;

/// What the client should do about it.
retry_advice advice_of(errc code) noexcept;

/// `never`, `always`, `conditional`: wire word and metric label.
std::string_view name_of(retry_advice advice) noexcept;

} // namespace caisson
