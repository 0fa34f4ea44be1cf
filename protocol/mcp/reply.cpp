#include "protocol/mcp/reply.hpp"

#include "protocol/json/write.hpp"

namespace caisson::protocol::mcp {
namespace {

constexpr std::string_view version = R"("2.0")";

/// The members of an object that stands there as text, without its braces.
std::string_view inside(std::string_view object) noexcept {
  const auto first = object.find_first_not_of(" \t\r\n", 1);
  if (first == object.npos || object[first] == '}')
    return {};
  return object.substr(1, object.rfind('}') - 1);
}

/// The result of a modern request.
std::string framed(std::string_view members, const result_frame& frame) {
  std::string text;
  {
    json::object_writer into{text};
    into.string("resultType", frame.type);
    if (frame.cache) {
      into.number("ttlMs", frame.cache->ttl.count());
      into.string("cacheScope", frame.cache->shared ? "public" : "private");
    }
    if (!frame.server_info.empty())
      into.object("_meta").raw("io.modelcontextprotocol/serverInfo",
                               frame.server_info);
    if (const auto rest = inside(members); !rest.empty())
      (text += ',') += rest;
  }
  return text;
}

/// A request; without an id a notification.
std::string write_call(std::string_view id, std::string_view method,
                       std::string_view params) {
  std::string text;
  {
    json::object_writer root{text};
    root.raw("jsonrpc", version);
    if (!id.empty())
      root.raw("id", id);
    root.string("method", method);
    if (!params.empty())
      root.raw("params", params);
  }
  return text;
}

} // namespace

std::string write_result(std::string_view id, std::string_view members,
                         const result_frame& frame) {
  std::string text;
  {
    json::object_writer root{text};
    root.raw("jsonrpc", version);
    root.raw("id", id);
    if (frame.spoken == era::modern)
      root.raw("result", framed(members, frame));
    else
      root.raw("result", members);
  }
  return text;
}

std::string write_error(const rpc_error& what) {
  std::string text;
  {
    json::object_writer root{text};
    root.raw("jsonrpc", version);
    root.raw("id", what.id);
    auto error = root.object("error");
    error.number("code", static_cast<int>(what.code));
    error.string("message", what.message);
    if (!what.data.empty())
      error.raw("data", what.data);
  }
  return text;
}

std::string write_notification(std::string_view method,
                               std::string_view params) {
  return write_call({}, method, params);
}

std::string write_request(std::string_view id, std::string_view method,
                          std::string_view params) {
  return write_call(id, method, params);
}

std::optional<std::string>
progress_meter::step(std::uint64_t value, std::optional<std::uint64_t> total,
                     std::string_view message) {
  if (token_.empty() || (last_ && value <= *last_))
    return std::nullopt;
  last_ = value;
  std::string params;
  {
    json::object_writer into{params};
    into.raw("progressToken", token_);
    into.number("progress", value);
    if (total)
      into.number("total", *total);
    if (!message.empty())
      into.string("message", message);
  }
  return write_notification("notifications/progress", params);
}

} // namespace caisson::protocol::mcp
