#pragma once

#include <string>
#include <string_view>

#include "replies.hpp"

namespace bench {

// The upstream as a server of MCP of 2026-07-28, which has no sessions: it has
// one tool, `trivial`, and looks at nothing but the method and the id, which
// stand before the parameters as all write them.

/// What follows `name` in the text, up to the next comma or brace.
inline std::string_view member(std::string_view text, std::string_view name) {
  auto at = text.find(name);
  if (at == std::string_view::npos)
    return {};
  text.remove_prefix(at + name.size());
  return text.substr(0, text.find_first_of(",}"));
}

/// The result of that method; empty where there is no such method.
inline std::string_view mcp_result(std::string_view method) {
  if (method == R"("tools/call")")
    return R"({"resultType":"complete","content":[{"type":"text",)"
           R"("text":"done"}]})";
  if (method == R"("server/discover")")
    return R"({"resultType":"complete","supportedVersions":["2026-07-28"],)"
           R"("capabilities":{"tools":{}},"ttlMs":60000,)"
           R"("cacheScope":"public"})";
  if (method == R"("tools/list")")
    return R"({"resultType":"complete","tools":[{"name":"trivial",)"
           R"("description":"Does nothing.","inputSchema":{"type":"object",)"
           R"("properties":{"text":{"type":"string"}}}}],)"
           R"("ttlMs":60000,"cacheScope":"public"})";
  return {};
}

/// The whole answer to a POST.
inline std::string mcp_reply(std::string_view body) {
  auto id = member(body, R"("id":)");
  if (id.empty())
    return "HTTP/1.1 202 Accepted\r\nContent-Length: 0\r\n\r\n";
  auto result = mcp_result(member(body, R"("method":)"));
  auto start = R"({"jsonrpc":"2.0","id":)" + std::string{id};
  if (result.empty())
    return with_head("404 Not Found",
                     start
                       + R"(,"error":{"code":-32601,"message":"no method"}})");
  return with_head("200 OK",
                   start + R"(,"result":)" + std::string{result} + "}");
}

} // namespace bench
