#include "protocol/mcp/upstream_hello.hpp"

#include <algorithm>

#include "protocol/json/write.hpp"
#include "protocol/mcp/error.hpp"
#include "protocol/mcp/params.hpp"
#include "protocol/mcp/reply.hpp"

namespace caisson::protocol::mcp {
namespace {

/// Errors by which servers refuse a session, not the request.
bool blames_session(const message& answer) {
  const auto code = member_of(answer.error, "code");
  const auto is = [&](error_code which) {
    return code == std::to_string(static_cast<int>(which));
  };
  return is(error_code::bad_request) || is(error_code::session_not_found);
}

} // namespace

std::string write_discover_request(std::uint64_t id,
                                   std::string_view client_info) {
  std::string params;
  {
    json::object_writer root{params};
    auto meta = root.object("_meta");
    meta.string("io.modelcontextprotocol/protocolVersion",
                name_of(latest_modern));
    meta.raw("io.modelcontextprotocol/clientCapabilities", "{}");
    meta.raw("io.modelcontextprotocol/clientInfo", client_info);
  }
  return write_request(std::to_string(id), "server/discover", params);
}

bool discovered(const message& answer) {
  const auto all = elements_of(member_of(answer.result, "supportedVersions"));
  const auto wanted = '"' + std::string{name_of(latest_modern)} + '"';
  return std::find(all.begin(), all.end(), wanted) != all.end();
}

std::string write_initialize_request(std::uint64_t id, client_features client,
                                     std::string_view client_info) {
  std::string params;
  {
    json::object_writer root{params};
    root.string("protocolVersion", name_of(latest_legacy));
    root.raw("capabilities", write_features(client));
    root.raw("clientInfo", client_info);
  }
  return write_request(std::to_string(id), "initialize", params);
}

std::optional<revision> agreed(const message& answer) {
  const auto named = text_of(answer.result, "protocolVersion");
  const auto known = named ? revision_of(*named) : std::nullopt;
  if (!known || era_of(*known) != era::legacy)
    return std::nullopt;
  return known;
}

std::string write_set_level(std::uint64_t id, std::string_view level) {
  std::string params;
  {
    json::object_writer root{params};
    root.raw("level", level);
  }
  return write_request(std::to_string(id), "logging/setLevel", params);
}

std::string write_cancelled(std::uint64_t id) {
  std::string params;
  {
    json::object_writer root{params};
    root.number("requestId", id);
    root.string("reason", "nobody waits for the answer any more");
  }
  return write_notification("notifications/cancelled", params);
}

session_state state_of(unsigned status, const message* answer,
                       std::uint64_t id) noexcept {
  if (status != 400 && status != 404)
    return session_state::sound;
  const auto own = answer && answer->kind == message_kind::response
                   && answer->id == std::to_string(id);
  return own && !blames_session(*answer) ? session_state::sound
                                         : session_state::lost;
}

} // namespace caisson::protocol::mcp
