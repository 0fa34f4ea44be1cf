#include "server/mcp/counts.hpp"

#include <string>

#include "actors/telemetry/families.hpp"
#include "protocol/mcp/methods.hpp"

namespace caisson {

namespace mcp = protocol::mcp;

namespace {

constexpr std::string_view ok = "ok";

/// Servers that offer ever new tools must not fill the memory with them.
constexpr std::size_t most_series = 10'000;

std::string_view label_of(mcp::era which) noexcept {
  return which == mcp::era::modern ? "modern" : "legacy";
}

std::string_view label_of(mcp::error_code code) noexcept {
  switch (code) {
    case mcp::error_code::parse_error:
      return "parse_error";
    case mcp::error_code::invalid_request:
      return "invalid_request";
    case mcp::error_code::method_not_found:
      return "method_not_found";
    case mcp::error_code::invalid_params:
      return "invalid_params";
    case mcp::error_code::bad_request:
      return "bad_request";
    case mcp::error_code::session_not_found:
      return "session_not_found";
    case mcp::error_code::header_mismatch:
      return "header_mismatch";
    case mcp::error_code::missing_capability:
      return "missing_capability";
    case mcp::error_code::unsupported_version:
      return "unsupported_version";
    case mcp::error_code::internal_error:
      break;
  }
  return "error";
}

/// Methods of the specification by their names; responses have none, and what
/// else clients make up is one.
std::string_view method_label(std::string_view method) noexcept {
  if (auto* known = mcp::find_method(method))
    return known->name;
  for (std::string_view known :
       {"notifications/initialized", "notifications/cancelled",
        "notifications/progress", "notifications/roots/list_changed"})
    if (method == known)
      return known;
  return method.empty() ? "none" : "other";
}

} // namespace

mcp_counts::mcp_counts(metrics::registry& metrics)
  : metrics_(metrics),
    refused_(metrics.counter(families::mcp_sessions_refused, {})) {
  // From the start at 0: a rate cannot see the first step of a new series.
  for (std::string_view method :
       {"initialize", "tools/list", "tools/call", "server/discover"})
    for (auto era : {mcp::era::legacy, mcp::era::modern})
      if (mcp::has_method(era, method))
        counter_of(method_label(method), label_of(era), ok);
}

metrics::counter& mcp_counts::counter_of(std::string_view method,
                                         std::string_view era,
                                         std::string_view status) {
  auto& counter = messages_[{method, era, status}];
  if (!counter)
    counter = metrics_.counter(
      families::mcp_requests,
      {std::string{method}, std::string{era}, std::string{status}});
  return counter;
}

void mcp_counts::message(std::string_view method,
                         std::optional<mcp::era> spoken,
                         const mcp::rpc_error* refusal) {
  counter_of(method_label(method), spoken ? label_of(*spoken) : "unknown",
             refusal ? label_of(refusal->code) : ok)
    .add();
  if (refusal && refusal->code == mcp::error_code::session_not_found)
    refused_.add();
}

metrics::counter& mcp_counts::call_counter_of(std::string_view tool,
                                              std::string_view status) {
  auto known = calls_.find({std::string{tool}, status});
  if (known == calls_.end() && calls_.size() >= most_series)
    tool = "other";
  auto& counter = calls_[{std::string{tool}, status}];
  if (!counter)
    counter = metrics_.counter(families::mcp_tool_calls,
                               {std::string{tool}, std::string{status}});
  return counter;
}

void mcp_counts::unserved(std::string_view method, mcp::era spoken) {
  counter_of(method_label(method), label_of(spoken), "error").add();
}

void mcp_counts::expect(std::string_view tool) {
  call_counter_of(tool, ok);
}

void mcp_counts::call(std::string_view tool, std::string_view status) {
  call_counter_of(tool.empty() ? "unknown" : tool, status).add();
}

void mcp_counts::large(const std::string& service, large_result how) {
  metrics_
    .counter(families::mcp_large_results, {service, std::string{name_of(how)}})
    .add();
}

} // namespace caisson
