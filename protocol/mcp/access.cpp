#include "protocol/mcp/access.hpp"

#include <algorithm>
#include <array>

#include "protocol/http/head.hpp"
#include "protocol/http/target.hpp"
#include "protocol/http/trimmed.hpp"

namespace caisson::protocol::mcp {
namespace {

using http::iequals;

std::string_view without_port(std::string_view host) noexcept {
  const auto bracket = host.rfind(']');
  const auto colon = host.rfind(':');
  const bool port
    = colon != host.npos && (bracket == host.npos || colon > bracket);
  return port ? host.substr(0, colon) : host;
}

bool host_allowed(std::string_view host, const access_rules& rules) {
  if (!http::valid_host(host))
    return false;
  if (rules.hosts.empty())
    return loopback_host(host);
  return std::any_of(
    rules.hosts.begin(), rules.hosts.end(), [=](const std::string& rule) {
      return iequals(rule, host) || iequals(rule, without_port(host));
    });
}

bool loopback_origin(std::string_view origin) noexcept {
  for (std::string_view scheme : {"http://", "https://"})
    if (origin.starts_with(scheme)) {
      const auto host = origin.substr(scheme.size());
      return http::valid_host(host) && loopback_host(host);
    }
  return false;
}

bool origin_allowed(std::string_view origin, std::string_view host,
                    const access_rules& rules) {
  if (rules.origins.empty())
    return loopback_host(host) && loopback_origin(origin);
  return std::any_of(rules.origins.begin(), rules.origins.end(),
                     [=](const std::string& rule) {
                       return rule == "*" || iequals(rule, origin);
                     });
}

constexpr std::array<std::string_view, 11> request_headers{
  "Authorization",        "Content-Type",  "Accept",      "Mcp-Session-Id",
  "MCP-Protocol-Version", "Last-Event-ID", "Mcp-Method",  "Mcp-Name",
  "traceparent",          "tracestate",    "X-Request-Id"};

bool request_header(std::string_view name) noexcept {
  constexpr std::string_view param = "mcp-param-";
  return (name.size() > param.size()
          && iequals(name.substr(0, param.size()), param))
         || std::any_of(request_headers.begin(), request_headers.end(),
                        [=](auto known) { return iequals(known, name); });
}

std::string allowed_of(std::string_view asked) {
  std::string allowed;
  while (!asked.empty()) {
    const auto comma = std::min(asked.find(','), asked.size());
    const auto name = http::trimmed(asked.substr(0, comma));
    asked.remove_prefix(std::min(comma + 1, asked.size()));
    if (!request_header(name))
      continue;
    if (!allowed.empty())
      allowed += ", ";
    allowed += name;
  }
  return allowed;
}

} // namespace

bool loopback_host(std::string_view host) noexcept {
  const auto name = without_port(host);
  if (iequals(name, "localhost") || name == "[::1]")
    return true;
  return name.starts_with("127.")
         && std::count(name.begin(), name.end(), '.') == 3
         && name.find_first_not_of("0123456789.") == name.npos;
}

std::optional<rpc_error> check_access(std::string_view host,
                                      std::optional<std::string_view> origin,
                                      const access_rules& rules) {
  if (!host_allowed(host, rules))
    return refused(403, "Forbidden: this host is not served here");
  if (origin && !origin_allowed(*origin, host, rules))
    return refused(403, "Forbidden: pages of this origin may not ask here");
  return std::nullopt;
}

header_list cors_headers(std::string_view origin) {
  return {{"Access-Control-Allow-Origin", std::string{origin}},
          {"Access-Control-Expose-Headers",
           "Mcp-Session-Id, WWW-Authenticate, MCP-Protocol-Version, "
           "Last-Event-ID, Retry-After"},
          {"Vary", "Origin"}};
}

header_list preflight_headers(std::string_view origin, std::string_view asked) {
  auto headers = cors_headers(origin);
  headers.emplace_back("Access-Control-Allow-Methods",
                       "GET, POST, DELETE, OPTIONS");
  headers.emplace_back("Access-Control-Allow-Headers", allowed_of(asked));
  headers.emplace_back("Access-Control-Max-Age", "600");
  return headers;
}

} // namespace caisson::protocol::mcp
