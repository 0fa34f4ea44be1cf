#include "protocol/faults.hpp"

#include <algorithm>
#include <array>
#include <limits>

#include "protocol/json/write.hpp"

namespace caisson::protocol {
namespace {

/// OpenAI's words for `error.type`; its SDKs print them.
constexpr std::string_view invalid = "invalid_request_error";
constexpr std::string_view authentication = "authentication_error";
constexpr std::string_view rate = "rate_limit_error";
constexpr std::string_view api = "api_error";
constexpr std::string_view server = "server_error";

struct row {
  errc code;
  unsigned status;
  std::string_view type;
  /// Without the full stop: the fault's detail may follow.
  std::string_view sentence;
};

constexpr auto rows = std::to_array<row>({
  {errc::config_missing, 500, server, "The node lacks a setting"},
  {errc::config_invalid, 500, server, "A setting of the node is invalid"},
  {errc::config_secret_not_found, 500, server, "The node lacks a secret"},
  {errc::auth_invalid_credentials, 401, authentication,
   "The credentials are missing or wrong"},
  {errc::validation_failed, 400, invalid, "The request is not valid"},
  {errc::validation_schema, 400, invalid,
   "The body has not the shape that this endpoint takes"},
  {errc::validation_constraint, 400, invalid,
   "A value of the request cannot be used"},
  {errc::validation_body_too_large, 413, invalid, "The body is too large"},
  {errc::validation_unsupported_media, 415, invalid,
   "This endpoint does not read that content type"},
  {errc::validation_headers_too_large, 431, invalid,
   "The head of the request is too large"},
  {errc::validation_not_found, 404, invalid, "There is nothing at this path"},
  {errc::validation_method_not_allowed, 405, invalid,
   "The path does not take this method"},
  {errc::llm_error, 502, api, "The provider gave no usable answer"},
  {errc::llm_rate_limited, 503, rate, "The provider limits this node"},
  {errc::llm_timeout, 504, api, "The provider did not answer in time"},
  {errc::llm_overloaded, 503, api, "The provider is overloaded"},
  {errc::llm_model_not_found, 404, invalid, "No provider serves this model"},
  {errc::llm_refused, 400, invalid, "The provider refused the request"},
  {errc::llm_unavailable, 503, api, "The provider is not available"},
  {errc::circuit_breaker_open, 503, server,
   "The provider failed too often and is given a rest"},
  {errc::retry_exhausted, 503, server, "All attempts have failed"},
  {errc::deadline_exceeded, 504, server,
   "The request could not be answered in its time"},
  {errc::bulkhead_rejected, 503, server,
   "Too many requests wait for the provider"},
  {errc::shutting_down, 503, server, "The node takes no more requests"},
  {errc::unexpected, 500, server, "Something went wrong in the node"},
  {errc::not_implemented, 501, invalid, "The node does not support this"},
});

constexpr bool every_code_has_its_row() {
  for (std::size_t i = 0; i < rows.size(); ++i)
    if (static_cast<std::size_t>(rows[i].code) != i)
      return false;
  return rows.size() == errc_count;
}

static_assert(every_code_has_its_row());

constexpr const row& row_of(errc code) noexcept {
  return rows[static_cast<std::size_t>(code)];
}

/// What went wrong inside the node is for its log alone, however safe the
/// detail claims to be.
bool speaks_of_details(errc code) noexcept {
  return row_of(code).status != 500;
}

std::string message_of(const fault& what) {
  std::string text{row_of(what.code).sentence};
  if (!what.detail.empty() && speaks_of_details(what.code)) {
    text += ": ";
    text += json::valid_utf8(what.detail);
  }
  if (!text.ends_with('.'))
    text += '.';
  return text;
}

void write_metadata(json::object_writer& error, const fault& what) {
  auto metadata = error.object("metadata");
  if (!what.dependency.empty())
    metadata.string("dependency", json::valid_utf8(what.dependency));
  if (what.kind != failure_kind::none)
    metadata.string("reason", name_of(what.kind));
}

void string_or_null(json::object_writer& to, std::string_view key,
                    std::string_view value) {
  if (value.empty())
    to.raw(key, "null");
  else
    to.string(key, json::valid_utf8(value));
}

void append_body(std::string& out, const fault& what,
                 std::string_view trace_id) {
  auto status = http_status(what);
  json::object_writer root{out};
  auto error = root.object("error");
  error.string("code", name_of(what.code));
  error.string("type", row_of(what.code).type);
  error.string("message", message_of(what));
  string_or_null(error, "param", what.param);
  string_or_null(error, "trace_id", trace_id);
  error.string("retry", name_of(advice_of(what.code)));
  if (status == 429 || status == 503 || what.retry_after)
    error.number("retry_after", retry_after_seconds(what));
  else
    error.raw("retry_after", "null");
  write_metadata(error, what);
}

} // namespace

unsigned http_status(const fault& what) noexcept {
  // A provider that refuses our key is a bad answer to the node, not a
  // provider that is down: SPEC section 7, "a provider's 401 and 429 are ours
  // to handle: 502 and 503".
  if (what.code == errc::llm_unavailable
      && what.kind == failure_kind::credentials)
    return 502;
  return row_of(what.code).status;
}

unsigned retry_after_seconds(const fault& what) noexcept {
  using rep = std::chrono::seconds::rep;
  if (!what.retry_after)
    return 1;
  auto seconds = std::chrono::ceil<std::chrono::seconds>(*what.retry_after);
  return static_cast<unsigned>(std::clamp<rep>(
    seconds.count(), 1, std::numeric_limits<std::int32_t>::max()));
}

std::string error_body(const fault& what, std::string_view trace_id) {
  std::string out;
  out.reserve(512);
  append_body(out, what, trace_id);
  return out;
}

std::string error_event(const fault& what, std::string_view trace_id) {
  std::string out;
  out.reserve(512);
  out += "data: ";
  append_body(out, what, trace_id);
  out += "\n\n";
  return out;
}

} // namespace caisson::protocol
