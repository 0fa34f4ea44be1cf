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

/// Anthropic's. An overload is what passes by itself; all else that is not the
/// client's doing is the API's.
constexpr std::string_view not_found = "not_found_error";
constexpr std::string_view too_large = "request_too_large";
constexpr std::string_view overloaded = "overloaded_error";
constexpr std::string_view timeout = "timeout_error";

struct row {
  errc code;
  unsigned status;
  std::string_view type;      ///< OpenAI's
  std::string_view anthropic; ///< Anthropic's
  /// Without the full stop: the fault's detail may follow.
  std::string_view sentence;
};

constexpr auto rows = std::to_array<row>({
  {errc::config_missing, 500, server, api, "The node lacks a setting"},
  {errc::config_invalid, 500, server, api, "A setting of the node is invalid"},
  {errc::config_secret_not_found, 500, server, api, "The node lacks a secret"},
  {errc::auth_invalid_credentials, 401, authentication, authentication,
   "The credentials are missing or wrong"},
  {errc::validation_failed, 400, invalid, invalid, "The request is not valid"},
  {errc::validation_schema, 400, invalid, invalid,
   "The body has not the shape that this endpoint takes"},
  {errc::validation_constraint, 400, invalid, invalid,
   "A value of the request cannot be used"},
  {errc::validation_body_too_large, 413, invalid, too_large,
   "The body is too large"},
  {errc::validation_unsupported_media, 415, invalid, invalid,
   "This endpoint does not read that content type"},
  {errc::validation_headers_too_large, 431, invalid, too_large,
   "The head of the request is too large"},
  {errc::validation_not_found, 404, invalid, not_found,
   "There is nothing at this path"},
  {errc::validation_method_not_allowed, 405, invalid, invalid,
   "The path does not take this method"},
  {errc::llm_error, 502, api, api, "The provider gave no usable answer"},
  {errc::llm_rate_limited, 503, rate, overloaded,
   "The provider limits this node"},
  {errc::llm_timeout, 504, api, timeout, "The provider did not answer in time"},
  {errc::llm_overloaded, 503, api, overloaded, "The provider is overloaded"},
  {errc::llm_model_not_found, 404, invalid, not_found,
   "No provider serves this model"},
  {errc::llm_refused, 400, invalid, invalid,
   "The provider refused the request"},
  {errc::llm_unavailable, 503, api, api, "The provider is not available"},
  {errc::circuit_breaker_open, 503, server, api,
   "The dependency failed too often and is given a rest"},
  {errc::retry_exhausted, 503, server, api, "All attempts have failed"},
  {errc::deadline_exceeded, 504, server, timeout,
   "The request could not be answered in its time"},
  {errc::bulkhead_rejected, 503, server, overloaded,
   "Too many requests wait for the dependency"},
  {errc::shutting_down, 503, server, overloaded,
   "The node takes no more requests"},
  {errc::unexpected, 500, server, api, "Something went wrong in the node"},
  {errc::not_implemented, 501, invalid, invalid,
   "The node does not support this"},
  {errc::rate_limit_exceeded, 429, rate, rate,
   "The limit for this client is reached"},
  {errc::quota_exceeded, 429, rate, rate, "The budget of this client is spent"},
  {errc::redis_error, 502, api, api, "The shared store gave no usable answer"},
  {errc::redis_timeout, 504, api, timeout,
   "The shared store did not answer in time"},
  {errc::redis_unavailable, 503, api, api, "The shared store is not available"},
  {errc::mcp_error, 502, api, api, "The server gave no usable answer"},
  {errc::mcp_timeout, 504, api, timeout, "The server did not answer in time"},
  {errc::mcp_unavailable, 503, api, api, "The server is not available"},
  {errc::storage_error, 502, api, api, "The storage gave no usable answer"},
  {errc::storage_timeout, 504, api, timeout,
   "The storage did not answer in time"},
  {errc::storage_unavailable, 503, api, api, "The storage is not available"},
  {errc::storage_backend, 500, server, api, "The storage cannot be used"},
  {errc::storage_integrity, 500, server, api, "The storage is damaged"},
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
/// detail claims to be. What is wrong with its storage is told, in words that
/// are chosen from a few: somebody must act.
bool speaks_of_details(errc code) noexcept {
  return row_of(code).status != 500 || category_of(code) == "storage";
}

void write_metadata(json::object_writer& error, const fault& what,
                    const limit_notice* limit) {
  auto metadata = error.object("metadata");
  if (limit) {
    metadata.string("tier", limit->tier);
    metadata.raw("limit", limit->limit);
    metadata.number("retry_after", retry_after_seconds(what));
  }
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

void write_error(json::object_writer& error, const fault& what,
                 const addressee& to, const limit_notice* limit) {
  auto status = http_status(what);
  auto& row = row_of(what.code);
  error.string("code", name_of(what.code));
  error.string("type",
               to.client == envelope::anthropic ? row.anthropic : row.type);
  error.string("message", sentence_of(what));
  string_or_null(error, "param", what.param);
  string_or_null(error, "trace_id", to.trace_id);
  error.string("retry", name_of(advice_of(what.code)));
  if (status == 429 || status == 503 || what.retry_after)
    error.number("retry_after", retry_after_seconds(what));
  else
    error.raw("retry_after", "null");
  write_metadata(error, what, limit);
}

/// What a client of JSON-RPC is told.
void append_json_rpc(std::string& out, const fault& what, const addressee& to,
                     const limit_notice* limit) {
  json::object_writer root{out};
  root.string("jsonrpc", "2.0");
  root.raw("id", to.rpc_id);
  auto error = root.object("error");
  error.number("code", json_rpc_code(what));
  error.string("message", sentence_of(what));
  auto data = error.object("data");
  write_error(data, what, to, limit);
}

void append_body(std::string& out, const fault& what, const addressee& to,
                 const limit_notice* limit = nullptr) {
  if (to.client == envelope::json_rpc) {
    append_json_rpc(out, what, to, limit);
    return;
  }
  json::object_writer root{out};
  if (to.client == envelope::anthropic)
    root.string("type", "error");
  {
    auto error = root.object("error");
    write_error(error, what, to, limit);
  }
  if (to.client == envelope::anthropic)
    string_or_null(root, "request_id", to.request_id);
}

} // namespace

std::string sentence_of(const fault& what) {
  std::string text{row_of(what.code).sentence};
  if (!what.detail.empty() && speaks_of_details(what.code)) {
    text += ": ";
    text += json::valid_utf8(what.detail);
  }
  if (!text.ends_with('.'))
    text += '.';
  return text;
}

unsigned http_status(const fault& what) noexcept {
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

int json_rpc_code(const fault& what) noexcept {
  constexpr int invalid_request = -32600;
  constexpr int internal_error = -32603;
  switch (what.code) {
    case errc::llm_unavailable:
    case errc::redis_unavailable:
    case errc::mcp_unavailable:
    case errc::storage_unavailable:
    case errc::retry_exhausted:
      return -31001;
    case errc::deadline_exceeded:
    case errc::llm_timeout:
    case errc::redis_timeout:
    case errc::mcp_timeout:
    case errc::storage_timeout:
      return -31002;
    case errc::rate_limit_exceeded:
    case errc::quota_exceeded:
    case errc::llm_rate_limited:
      return -31003;
    case errc::bulkhead_rejected:
    case errc::llm_overloaded:
      return -31004;
    case errc::circuit_breaker_open:
      return -31005;
    case errc::llm_error:
    case errc::redis_error:
    case errc::mcp_error:
    case errc::storage_error:
      return -31006;
    case errc::shutting_down:
      return -31009;
    default:
      return http_status(what) < 500 ? invalid_request : internal_error;
  }
}

std::string error_body(const fault& what, const addressee& to,
                       const limit_notice* limit) {
  std::string out;
  out.reserve(512);
  append_body(out, what, to, limit);
  return out;
}

std::string error_event(const fault& what, const addressee& to) {
  std::string out;
  out.reserve(512);
  // Anthropic's SDKs go by the name of an event, OpenAI's by its data.
  if (to.client == envelope::anthropic)
    out += "event: error\n";
  out += "data: ";
  append_body(out, what, to);
  out += "\n\n";
  return out;
}

} // namespace caisson::protocol
