#include "protocol/mcp/era.hpp"

#include <algorithm>

#include "protocol/http/trimmed.hpp"

namespace caisson::protocol::mcp {
namespace {

constexpr bool modern(std::optional<revision> which) noexcept {
  return which && era_of(*which) == era::modern;
}

/// Whether `_meta` names a revision of that era.
bool claims(const request_meta& meta, era which) noexcept {
  if (!meta.version)
    return false;
  const auto known = revision_of(*meta.version);
  return known && era_of(*known) == which;
}

std::optional<revision> of_header(const standard_headers& headers) noexcept {
  if (!headers.protocol_version)
    return std::nullopt;
  return revision_of(http::trimmed(*headers.protocol_version));
}

/// What a modern `_meta` lacks; empty when it is whole.
std::string_view flaw_of(const request_meta& meta) noexcept {
  if (!meta.present)
    return "_meta is required.";
  if (!meta.version)
    return "_meta needs io.modelcontextprotocol/protocolVersion, a string.";
  if (meta.client_capabilities.empty())
    return "_meta needs io.modelcontextprotocol/clientCapabilities, an "
           "object.";
  return {};
}

/// Something of the legacy era: the header, if it came, must name a revision.
checked<route> legacy_route(const standard_headers& headers) {
  route result;
  result.named = of_header(headers);
  if (headers.protocol_version && !result.named)
    return unsupported_legacy_version();
  return result;
}

checked<route> decide_batch(const post_body& body,
                            const standard_headers& headers) {
  const bool claimed = std::any_of(
    body.messages.begin(), body.messages.end(),
    [](const message& one) { return read_params(one.params).meta.claims; });
  if (claimed || modern(of_header(headers)))
    return invalid_request("a modern request does not come in an array.");
  return legacy_route(headers);
}

/// `initialize` may come with any header: it is there to find a revision.
checked<route> initialize_route(const standard_headers& headers) {
  if (modern(of_header(headers)))
    return header_mismatch("initialize is not of the revision that "
                           "MCP-Protocol-Version names.");
  route result;
  result.initialize = true;
  return result;
}

checked<route> modern_route(const message& one, const request_params& params,
                            const standard_headers& headers) {
  const auto& version = *params.meta.version;
  if (headers.protocol_version
      && http::trimmed(*headers.protocol_version) != version)
    return header_mismatch("MCP-Protocol-Version names another revision than "
                           "the body.");
  route result;
  result.named = revision_of(version);
  if (!result.named)
    return unsupported_version(version);
  result.spoken = era_of(*result.named);
  if (result.spoken == era::legacy)
    return result;
  if (auto refusal = check_headers(headers, one, params))
    return std::move(*refusal);
  return result;
}

checked<route> decide_one(const message& one, const request_params& params,
                          const standard_headers& headers) {
  const auto& meta = params.meta;
  if (one.kind == message_kind::response)
    return legacy_route(headers);
  const bool request = one.kind == message_kind::request;
  const auto flaw = flaw_of(meta);
  if (one.method == "initialize" && request
      && !(flaw.empty() && claims(meta, era::modern)))
    return initialize_route(headers);
  if (meta.claims) {
    // A notification has no capabilities to declare.
    if (!meta.version
        || (request && !claims(meta, era::legacy) && !flaw.empty()))
      return invalid_envelope(flaw);
    return modern_route(one, params, headers);
  }
  if (!modern(of_header(headers)))
    return legacy_route(headers);
  if (request)
    return invalid_envelope(flaw);
  return route{era::modern, of_header(headers), false};
}

} // namespace

checked<route> decide_era(const post_body& body, const request_params& params,
                          const standard_headers& headers) {
  if (body.batch)
    return decide_batch(body, headers);
  const auto& one = body.messages.front();
  auto result = decide_one(one, params, headers);
  if (result || one.kind != message_kind::request)
    return result;
  auto refusal = std::move(result).error();
  refusal.id = one.id;
  return refusal;
}

} // namespace caisson::protocol::mcp
