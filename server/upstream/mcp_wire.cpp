#include "server/upstream/mcp_wire.hpp"

#include "protocol/dialects/classify.hpp"

namespace caisson::upstream {
namespace {

errc code_of(errc code) noexcept {
  switch (code) {
    case errc::llm_timeout:
      return errc::mcp_timeout;
    case errc::llm_unavailable:
    case errc::llm_rate_limited:
    case errc::llm_overloaded:
      return errc::mcp_unavailable;
    case errc::llm_error:
    case errc::llm_refused:
    case errc::llm_model_not_found:
      return errc::mcp_error;
    default:
      return code;
  }
}

} // namespace

void mcp_note::take(const http::response_head& head) {
  status = head.status;
  if (const auto* id = head.fields.find("mcp-session-id"))
    session_id = *id;
  for (auto& one : head.fields)
    if (http::iequals(one.name, "www-authenticate"))
      (challenge += challenge.empty() ? "" : ", ") += one.value;
  if (arrived)
    arrived();
}

void mcp_note::forget() {
  status = 0;
  body.clear();
  session_id.clear();
  challenge.clear();
}

fault mcp_note::classify(unsigned code, std::string_view retry_after,
                         std::string_view date, std::string_view text) const {
  body = text;
  return protocol::classify_reply(code, retry_after, date, {});
}

fault of_server(fault what) {
  constexpr std::string_view provider = "provider";
  what.code = code_of(what.code);
  if (auto at = what.detail.find(provider); at != std::string::npos)
    what.detail.replace(at, provider.size(), "server");
  return what;
}

} // namespace caisson::upstream
